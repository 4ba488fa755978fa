"""Reading XLSX and CSV: encodings, dates, limits, and files made to do harm."""

import io
import zipfile
from datetime import date

import pytest
from openpyxl import Workbook

from services.intake.tables import MAX_ROWS, read
from shared.runtime.problems import Invalid

ROWS = [["商会名称", "登记日期"], ["鹭岛“虚构”商会, 甲", "2012-05-20"]]
CSV = '商会名称,登记日期\n"鹭岛“虚构”商会, 甲",2012-05-20\n'


def xlsx(rows: list[list[object]]) -> bytes:
    book = Workbook()
    assert book.active is not None
    for row in rows:
        book.active.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def repacked(data: bytes, part: str, content: bytes) -> bytes:
    """An XLSX with one part replaced."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, content if name == part else old.read(name))
    return file.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_csv_is_read_in_every_usual_encoding(encoding: str) -> None:
    assert read(CSV.encode(encoding)) == ROWS


def test_xlsx_is_read_as_people_see_it() -> None:
    data = xlsx([["名称", "地区", "日期", "空"], ["甲", 3502, date(2012, 5, 20), None]])
    assert read(data)[1][:4] == ["甲", "3502", "2012-05-20", ""]


def code_of(data: bytes) -> str:
    with pytest.raises(Invalid) as refusal:
        read(data)
    return refusal.value.problems[0].code


def test_what_is_no_table_is_refused() -> None:
    assert code_of(b"") == "import.type"
    assert code_of(b"%PDF-1.7\x00\x01") == "import.type"
    assert code_of(b"PK\x03\x04 broken") == "import.damaged"
    assert code_of(repacked(xlsx([["a"]]), "xl/workbook.xml", b"<broken")) == "import.damaged"
    assert code_of(b'"' + b"x" * 200_000) == "import.damaged"


def test_too_many_rows_are_refused() -> None:
    assert len(read(b"a\n" * MAX_ROWS)) == MAX_ROWS
    assert code_of(b"a\n" * (MAX_ROWS + 1)) == "import.rows"


def test_a_billion_laughs_are_refused() -> None:
    bomb = b"""<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;">]>
    <worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>&b;</sheetData></worksheet>"""
    data = xlsx([["a"]])
    assert code_of(repacked(data, "xl/worksheets/sheet1.xml", bomb)) == "import.damaged"


def test_what_unpacks_to_too_much_is_refused() -> None:
    assert code_of(repacked(xlsx([["a"]]), "xl/worksheets/sheet1.xml", b" " * (65 * 1024 * 1024))) == "import.unfolds"


def test_a_formula_whose_result_was_not_saved_stays_a_formula() -> None:
    data = xlsx([["名称", "地区"], ['=CONCATENATE("虚构", "商会")', 3502]])
    assert read(data)[1][:2] == ['=CONCATENATE("虚构", "商会")', "3502"]


def test_a_formula_whose_result_was_saved_is_its_result() -> None:
    cells = b"""<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>
    <row r="1"><c r="A1"><f>3500+2</f><v>3502</v></c></row></sheetData></worksheet>"""
    assert read(repacked(xlsx([["a"]]), "xl/worksheets/sheet1.xml", cells))[0][0] == "3502"
