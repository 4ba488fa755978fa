"""Certificates as PDF: set by Typst from `certificates/certificate.typ`, with a QR code. Same words, same bytes.

A certificate with an empty box for a character is never made: what no font has is named instead.
"""

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from services.review.domain.credential import Credential, none_given
from shared.contracts.chamber_words import LEVELS
from shared.kernel.calendar import day_words, last_day_words
from shared.lines import Line, load

if TYPE_CHECKING:
    from services.review.press import Press

HERE = Path(__file__).parent / "certificates"
TEMPLATE = HERE / "certificate.typ"


class Printer:
    """Sets certificates, one at a time, with the fonts of one folder and no others."""

    def __init__(self, fonts: Path | None = None, lines: Mapping[str, Line] | None = None) -> None:
        """With the fonts in this folder; by default with those that come with the dependencies."""
        self._folder = fonts
        self._lines = load() if lines is None else lines
        self._bench = ThreadPoolExecutor(max_workers=1, thread_name_prefix="printer")

    @property
    def installed(self) -> bool:
        """Whether there is a press: the extra `certificates` is as large as all else, and may be left out."""
        return find_spec("typst") is not None

    def line(self, name: str) -> Line | None:
        """An honour line, if it is entered."""
        return self._lines.get(name)

    async def pdf(self, credential: Credential, scanned: str) -> bytes:
        """The certificate, with a QR code that says `scanned`.

        Raises:
            NotFound: the honour line has no certificates, or no font has a character.
        """
        return await asyncio.get_running_loop().run_in_executor(self._bench, self.typeset, credential, scanned)

    def typeset(self, credential: Credential, scanned: str) -> bytes:
        """The same, here and now."""
        words = self._words(credential)
        self._require_glyphs("".join(words.values()))
        inputs = {**words, "qr": self._press.qr_code(scanned)}
        return self._press.pdf(inputs, credential.nbf)

    def _words(self, credential: Credential) -> dict[str, str]:
        line = self.line(credential.line)
        if line is None:
            raise none_given(
                "certificate.no-such-line",
                rule=(f"称号系列 {credential.line} 没有证书。", f"The line {credential.line} has no certificates."),
                remedy=(
                    "请在称号系列文件（SIHAO_LINES，默认 shared/lines/lines.yaml）中登记该系列。",
                    "Enter it in the file of lines (SIHAO_LINES; by default shared/lines/lines.yaml).",
                ),
            )
        level = LEVELS[credential.level]
        first, last = day_words(credential.valid_from), last_day_words(credential.valid_until)
        return {
            "name": credential.name,
            "now_zh": f"现名 {credential.name_now}" if credential.name_now else "",
            "now_en": "now bears this name" if credential.name_now else "",
            "title_zh": line.title.zh,
            "title_en": line.title.en,
            "granted_by_zh": line.granted_by.zh,
            "granted_by_en": line.granted_by.en,
            "valid_zh": f"{first.zh}至{last.zh}",
            "valid_en": f"{first.en} to {last.en}",
            "document": credential.document,
            "level_zh": level.zh,
            "level_en": level.en,
            "code": credential.sub,
            "honour": credential.jti,
        }

    def _require_glyphs(self, words: str) -> None:
        if lacking := self._press.lacks(words + TEMPLATE.read_text("utf-8")):
            named = "、".join(f"{one}（U+{ord(one):04X}）" for one in lacking)
            raise none_given(
                "certificate.no-glyph",
                rule=(f"没有字体含有字符：{named}。", f"No font has the characters {named}."),
                remedy=(
                    "请运维人员在 SIHAO_FONTS 所指的文件夹中加入含有这些字符的字体。",
                    "The operators add a font that has them to the folder SIHAO_FONTS.",
                ),
            )

    @cached_property
    def _press(self) -> "Press":
        from services.review.press import Press  # noqa: PLC0415 - it needs the extra `certificates`

        return Press(TEMPLATE, self._folder)
