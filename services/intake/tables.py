"""XLSX and CSV files → rows of text, with limits on what a file may unfold to."""

import csv
import io
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, datetime
from xml.sax.handler import ContentHandler
from xml.sax.xmlreader import AttributesImpl

import defusedxml.sax
from openpyxl import load_workbook

from services.intake.domain.importing import Sheet
from services.intake.domain.media import crowded, decode, unfolded
from shared.kernel.problem import Problem, problem
from shared.runtime.problems import Invalid

MAX_ROWS = 5_000
"""Rows of one list, headings included."""
MAX_COLUMNS = 40
"""Columns that are looked at."""
MAX_UNFOLDED = 32 * 1024 * 1024
"""Bytes that an XLSX may have once unpacked."""
MAX_ELEMENTS = 500_000
"""XML elements that all parts of an XLSX may have: some two per cell of the largest list."""


def read(data: bytes) -> Sheet:
    """The first sheet of an XLSX file, or a CSV file in UTF-8 or GB18030.

    Raises:
        Invalid: it is neither, it is damaged, or it has too many rows.
    """
    rows = _xlsx(data) if data.startswith(b"PK\x03\x04") else _csv(data)
    if len(rows) > MAX_ROWS:
        raise Invalid(_file("rows", f"最多 {MAX_ROWS} 行", f"a list has at most {MAX_ROWS} rows"))
    return rows


def _csv(data: bytes) -> Sheet:
    words = decode(data)
    if not words:
        raise Invalid(
            _file("type", "应为 XLSX 或 CSV（UTF-8 或 GB18030）文件", "must be XLSX, or CSV in UTF-8 or GB18030")
        )
    try:
        return [row[:MAX_COLUMNS] for _, row in zip(range(MAX_ROWS + 1), csv.reader(io.StringIO(words)), strict=False)]
    except csv.Error as error:
        raise Invalid(_file("damaged", f"CSV 文件有误：{error}", f"the CSV is damaged: {error}")) from error


def _xlsx(data: bytes) -> Sheet:
    """Openpyxl parses through defusedxml, which refuses entities; what it builds from a file is limited here."""
    if crowded(data) or unfolded(data) > MAX_UNFOLDED or _too_many_elements(data):
        raise Invalid(_file("unfolds", "文件解压后过大", "the file unpacks to too much"))
    try:
        pairs = zip(_cells(data, results=True), _cells(data, results=False), strict=True)
        return [[_text(_seen(*both)) for both in zip(*rows, strict=True)] for rows in pairs]
    except Exception as error:
        # A damaged file can make the parser raise anything; all of it means: not readable.
        kind = type(error).__name__
        raise Invalid(_file("damaged", f"XLSX 文件无法读取（{kind}）", f"the XLSX cannot be read ({kind})")) from error


class _Elements(ContentHandler):
    """Counts elements; nothing is kept of them."""

    def __init__(self) -> None:
        super().__init__()
        self._left = MAX_ELEMENTS

    def startElement(self, name: str, attrs: AttributesImpl) -> None:  # noqa: ARG002, N802 - as the parser calls it
        """One more.

        Raises:
            OverflowError: there are too many.
        """
        self._left -= 1
        if self._left < 0:
            raise OverflowError("too many elements")


def _too_many_elements(data: bytes) -> bool:
    """Whether it would grow in memory to a hundred times its size. Every part counts, whatever it calls itself."""
    elements = _Elements()
    with suppress(zipfile.BadZipFile), zipfile.ZipFile(io.BytesIO(data)) as package:  # damaged: openpyxl will say so
        for part in package.infolist():
            if _ends_the_count(package, part, elements):
                return True
    return False


def _ends_the_count(package: zipfile.ZipFile, part: zipfile.ZipInfo, elements: _Elements) -> bool:
    try:
        with package.open(part) as opened:
            defusedxml.sax.parse(opened, elements)
    except OverflowError:
        return True
    except Exception:  # noqa: BLE001 - an image, or damaged, or refused: openpyxl comes no further, and will say so
        return False
    return False


def _cells(data: bytes, *, results: bool) -> Iterator[tuple[object, ...]]:
    """The rows of the first sheet: what formulas came to when the file was saved, or the formulas."""
    book = load_workbook(io.BytesIO(data), read_only=True, data_only=results)
    return book.worksheets[0].iter_rows(max_row=MAX_ROWS + 1, max_col=MAX_COLUMNS, values_only=True)


def _seen(result: object, written: object) -> object:
    """The value of a cell; a formula whose result was not saved stays a formula, so that the check can name it."""
    return written if result is None else result


def _text(cell: object) -> str:
    """A cell as people see it: dates as `2016-05-20`, whole numbers without a decimal point."""
    match cell:
        case None:
            return ""
        case datetime():
            return cell.date().isoformat()
        case date():
            return cell.isoformat()
        case float() if cell.is_integer():
            return str(int(cell))
        case _:
            return str(cell)


def _file(code: str, zh: str, en: str) -> Problem:
    return problem(
        f"import.{code}",
        "file",
        rule=(zh, en),
        remedy=("请使用导入模板另存后再上传", "Save it anew from the template and upload that."),
    )
