"""The press: what needs the extra `certificates`, namely Typst, fonts and QR codes. Only `printing` opens it."""

from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import Any

import pylopdf_fonts_zh_cn
import segno
import typst
from fontTools.ttLib import TTFont

FONTS = pylopdf_fonts_zh_cn.serif_path().parent
"""Noto Serif SC and Noto Sans SC (SIL Open Font License), which come with the extra."""


class Press:
    """One template, set with the fonts of one folder and no others."""

    def __init__(self, template: Path, fonts: Path | None = None) -> None:
        """With the fonts in this folder; by default with those that come with the extra."""
        self._template = template
        self._folder = fonts or FONTS

    def pdf(self, inputs: Mapping[str, str], timestamp: datetime | int) -> bytes:
        """The template with these inputs, as PDF."""
        made = self._typst.compile(format="pdf", sys_inputs=dict(inputs), timestamp=timestamp)
        if not isinstance(made, bytes):
            raise TypeError("a PDF is one file")
        return made

    def qr_code(self, content: str) -> str:
        """A QR code (ISO/IEC 18004) as SVG: correction level M, so that a worn print is still read."""
        out = BytesIO()
        segno.make_qr(content, error="M", boost_error=False).save(out, kind="svg", xmldecl=False, scale=4, border=4)
        return out.getvalue().decode()

    def lacks(self, words: str) -> list[str]:
        """The characters that none of the fonts has."""
        return sorted({one for one in words if not one.isspace() and ord(one) not in self._glyphs})

    @cached_property
    def _fonts(self) -> typst.Fonts:
        return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[self._folder])

    @cached_property
    def _typst(self) -> typst.Compiler:
        return typst.Compiler(self._template, root=self._template.parent, font_paths=self._fonts)

    @cached_property
    def _glyphs(self) -> frozenset[int]:
        """The characters that at least one of the fonts has."""
        found: set[int] = set()
        for font in self._fonts.fonts():
            if font.path:
                with TTFont(font.path, fontNumber=font.index, lazy=True) as opened:
                    characters: Mapping[int, Any] = opened.getBestCmap() or {}
                    found.update(characters)
        return frozenset(found)
