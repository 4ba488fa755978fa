"""A workbook holds what was put in: words as words, numbers as numbers, and nothing that a program would run."""

from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from openpyxl import load_workbook
from openpyxl.worksheet._writer import ALL_TEMP_FILES

from services.review.api import views
from services.review.domain import opening
from services.review.domain.line import FIELDS, Line, place_of, where_to_go_on
from services.review.sheet import COLUMNS, CaseSheet
from shared.contracts import text
from tests.unit.review import given

TITLES = [str(column.title) for column in COLUMNS]


def line(name: str = "演示商会") -> Line:
    who = given.chamber().model_copy(update={"name": name})
    opened = opening.hear_score(None, given.scored(who=who), given.NOW)
    assert opened
    return Line(opened.state.model_dump(mode="json"))


def written(folder: Path, *lines: Line) -> Any:
    sheet = CaseSheet(folder / "cases.xlsx")
    sheet.append(lines)
    sheet.save([(text("案件数", "Cases"), "=1+1")])
    sheet.discard()
    return load_workbook(folder / "cases.xlsx")


def cell(book: Any, title: str, row: int = 2) -> Any:
    return book.worksheets[0].cell(row, TITLES.index(title) + 1)


def test_numbers_are_numbers_and_instants_are_china_time(tmp_path: Path) -> None:
    book = written(tmp_path, line())
    points = cell(book, "得分 / Points")
    assert (points.data_type, Decimal(str(points.value))) == ("n", Decimal(70))
    assert cell(book, "进入环节时间（北京时间） / In stage since").value == datetime(2021, 3, 1, 9)  # noqa: DTZ001 - as a sheet has it
    assert cell(book, "提交次数 / Revision").value == 1
    assert cell(book, "统一社会信用代码 / Credit code").data_type == "s"


def test_no_cell_is_a_formula_whatever_a_name_begins_with(tmp_path: Path) -> None:
    names = ["=1+1", "+86", "-1", "@SUM(A1)", "#REF!", "\t=1", "演\x07示"]
    book = written(tmp_path, *map(line, names))
    cells = [cell(book, "商会名称 / Chamber", row) for row in range(2, 2 + len(names))]
    assert [c.data_type for c in cells] == ["s"] * len(names)
    assert [c.value for c in cells] == [*names[:-1], "演示"]
    assert [c.quotePrefix for c in cells] == [True] * 6 + [False]
    with ZipFile(tmp_path / "cases.xlsx") as package:
        for part in package.namelist():
            assert b"<f>" not in package.read(part), part


def test_the_heading_stands_still_and_columns_are_wide_enough(tmp_path: Path) -> None:
    first = written(tmp_path, line()).worksheets[0]
    assert [c.value for c in first[1]] == TITLES
    assert first.freeze_panes == "A2"
    assert first.column_dimensions["A"].width == COLUMNS[0].width


def test_nothing_is_left_of_a_workbook_that_was_given_up(tmp_path: Path) -> None:
    sheet = CaseSheet(tmp_path / "cases.xlsx")
    sheet.append([line()])
    sheet.discard()
    assert ALL_TEMP_FILES == []
    assert list(tmp_path.iterdir()) == []


def test_a_line_needs_no_more_than_the_fields_that_are_read() -> None:
    opened = opening.hear_score(None, given.scored(), given.NOW)
    assert opened
    state = opened.state.model_dump(mode="json")
    read, whole = Line(_only(state, FIELDS)), Line(state)
    assert [column.value(read) for column in COLUMNS] == [column.value(whole) for column in COLUMNS]
    assert views.row(read) == views.row(whole)
    assert views.row(read).model_dump() == {
        name: value
        for name, value in views.for_officer(opened.state).model_dump().items()
        if name in views.CaseRow.model_fields
    }


def test_a_list_goes_on_after_the_case_that_it_names() -> None:
    one = line()
    assert place_of(where_to_go_on(one)) == (one.chamber["area"], one.id)


def _only(value: Any, fields: tuple[str, ...]) -> Any:
    """These dotted fields of a document, as the store projects them."""
    if isinstance(value, list):
        return [_only(item, fields) for item in value]
    if not isinstance(value, dict):
        return value
    heads = {field.partition(".")[0] for field in fields}
    rest = {head: tuple(f.partition(".")[2] for f in fields if f.startswith(f"{head}.")) for head in heads}
    return {
        key: _only(part, rest[key]) if rest[key] else part
        for key, part in value.items()
        if key in heads and not (rest[key] and part is None)
    }
