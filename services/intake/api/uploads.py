"""Reading an uploaded file: hashed while it is read, and no longer than it may be."""

import hashlib
from http import HTTPStatus
from typing import NamedTuple

from fastapi import UploadFile

from shared.kernel.problem import problem
from shared.runtime.problems import HttpProblem, Invalid

_PIECE = 1024 * 1024
FORM = 64 * 1024
"""Bytes that the form around a file may take."""


class TooLarge(HttpProblem):
    """The file is longer than it may be."""

    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE


class Upload(NamedTuple):
    """A file that was read."""

    data: bytes
    sha256: str
    name: str


async def read_upload(file: UploadFile, limit: int) -> Upload:
    """The bytes and their SHA-256.

    Raises:
        TooLarge: there are more than `limit` bytes.
        Invalid: there are none.
    """
    seen = hashlib.sha256()
    data = bytearray()
    while piece := await file.read(_PIECE):
        data += piece
        if len(data) > limit:
            raise TooLarge(
                problem(
                    "file.too-large",
                    "file",
                    rule=(f"文件最大 {limit // _PIECE} MB", f"a file has at most {limit // _PIECE} MB"),
                    remedy=("请压缩或拆分后再上传", "Compress or split it."),
                )
            )
        seen.update(piece)
    if not data:
        raise Invalid(
            problem(
                "file.empty",
                "file",
                rule=("文件是空的（0 字节）", "the file is empty (0 bytes)"),
                remedy=("请核对后重新选择文件", "Check it and choose the file again."),
            )
        )
    return Upload(bytes(data), seen.hexdigest(), _plain(file.filename or "file"))


def _plain(name: str) -> str:
    """A file name without folders and control characters, of bearable length, its ending kept."""
    last = "".join(c for c in name.replace("\\", "/").rpartition("/")[2] if c.isprintable()).strip() or "file"
    stem, dot, ending = last.rpartition(".")
    return f"{stem[:150]}{dot}{ending[:20]}" if dot else last[:150]
