"""What a file really is, read from its bytes; what its sender calls it counts for nothing."""

import io
import zipfile

ACCEPTED = "PDF、PNG、JPEG、Word（docx）、Excel（xlsx）、文本（txt、csv）"
"""The kinds of evidence that are taken, for people."""

MAX_UNFOLDED = 256 * 1024 * 1024
"""Bytes that a Word or Excel file may have once unpacked. Our default."""
MAX_PARTS = 5_000
"""Files within a Word or Excel file. Our default."""
_PART = b"PK\x01\x02"
"""Begins the entry of each part in an archive's table."""

_DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_SIGNATURES = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
)
MEDIA_TYPES = (*(media_type for _, media_type in _SIGNATURES), _DOCX, _XLSX, "text/plain", "text/csv")
"""The media types that are taken."""
_CONTROL = frozenset(range(32)) - frozenset(b"\t\n\r\f")


def sniff(data: bytes, name: str) -> str | None:
    """The media type of the bytes, or None if it is none that is taken.

    The name only tells a table from prose where the bytes are plain text.
    """
    for signature, media_type in _SIGNATURES:
        if data.startswith(signature):
            return media_type
    if data.startswith(b"PK\x03\x04"):
        return _office(data)
    if data and decode(data) is not None:
        return "text/csv" if name.lower().endswith(".csv") else "text/plain"
    return None


def decode(data: bytes) -> str | None:
    """Plain text in UTF-8 (with or without a byte order mark) or GB18030; None if it is not text."""
    if _CONTROL.intersection(data):
        return None
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None


def crowded(data: bytes) -> bool:
    """Whether an archive has more parts than it may; found out before a table of them is made."""
    return data.count(_PART) > MAX_PARTS


def unfolded(data: bytes) -> int:
    """Bytes of an archive after unpacking, by its own table; 0 if it has none (then it cannot be read either)."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            return sum(part.file_size for part in package.infolist())
    except zipfile.BadZipFile:
        return 0


def _office(data: bytes) -> str | None:
    """Word or Excel without macros, by the parts in the package; nothing that unpacks to too much."""
    if crowded(data):
        return None
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            parts = set(package.namelist())
    except zipfile.BadZipFile:
        return None
    if unfolded(data) > MAX_UNFOLDED:
        return None
    if "[Content_Types].xml" not in parts or any(part.endswith("vbaProject.bin") for part in parts):
        return None
    if "word/document.xml" in parts:
        return _DOCX
    return _XLSX if "xl/workbook.xml" in parts else None
