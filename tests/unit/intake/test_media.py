"""Files are what their bytes say."""

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.domain.media import MAX_UNFOLDED, decode, sniff, unfolded


def package(*parts: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for part in parts:
            archive.writestr(part, "<x/>")
    return file.getvalue()


TYPES = "[Content_Types].xml"


@pytest.mark.parametrize(
    ("data", "name", "media_type"),
    [
        (b"%PDF-1.7 ...", "x.txt", "application/pdf"),
        (b"\x89PNG\r\n\x1a\n....", "x.pdf", "image/png"),
        (b"\xff\xd8\xff\xe0....", "x", "image/jpeg"),
        (package(TYPES, "word/document.xml"), "x.zip", "word"),
        (package(TYPES, "xl/workbook.xml"), "x", "sheet"),
        ("商会章程\n".encode(), "章程.txt", "text/plain"),
        ("商会,年\n".encode("gb18030"), "表.CSV", "text/csv"),
    ],
)
def test_what_is_accepted(data: bytes, name: str, media_type: str) -> None:
    found = sniff(data, name)
    assert found is not None
    assert media_type in found


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"MZ\x90\x00\x03",
        b"\x7fELF\x02",
        b"GIF89a\x00",
        package("a.txt"),
        package(TYPES, "ppt/presentation.xml"),
        package(TYPES, "word/document.xml", "word/vbaProject.bin"),
        b"PK\x03\x04broken",
        b"text\x00with zero",
    ],
)
def test_what_is_not(data: bytes) -> None:
    assert sniff(data, "x.pdf") is None


@given(st.binary(max_size=200), st.text(max_size=20))
def test_no_bytes_whatever_break_it(data: bytes, name: str) -> None:
    sniff(data, name)
    sniff(b"PK\x03\x04" + data, name)


@given(st.text(st.characters(min_codepoint=32, exclude_categories=["Cs"]), min_size=1))
def test_text_is_read_in_utf8(words: str) -> None:
    assert decode(words.encode()) == words.removeprefix("\ufeff")


def test_an_office_file_that_unpacks_to_too_much_is_not_taken() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(TYPES, "<x/>")
        with archive.open("word/document.xml", "w") as part:
            for _ in range(MAX_UNFOLDED // 2**20):
                part.write(bytes(2**20))
    assert unfolded(file.getvalue()) > MAX_UNFOLDED
    assert sniff(file.getvalue(), "x.docx") is None
