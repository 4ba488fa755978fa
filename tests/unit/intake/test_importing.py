"""Lists of chambers: every wrong cell is named, and a list with one is not taken over."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.domain.columns import COLUMNS
from services.intake.domain.importing import Checked, check
from tests.unit.intake.given import credit_code

TODAY = date(2020, 9, 11)
KEYS = tuple(COLUMNS)
Row = dict[str, str]


def good(n: int = 0) -> Row:
    """A row without errors."""
    return {
        "code": credit_code(body=f"MJB{n:06}"),
        "name": f"虚构商会{n}",
        "type": "异地商会",
        "level": "市级",
        "area": "3502",
        "relation": "",
        "founded": "2012-05-20",
        "last_election": "",
        "former_names": "",
        "area_note": "",
    }


def checked(*rows: Row, area: str = "35") -> Checked:
    sheet = [[COLUMNS[key][0] for key in KEYS], *([row[key] for key in KEYS] for row in rows)]
    return check(sheet, area=area, today=TODAY)


WRONG: list[tuple[str, str, str]] = [
    ("code", "", "import.empty"),
    ("code", "123", "chamber.code-length"),
    ("code", credit_code()[:17] + "?", "chamber.code-alphabet"),
    ("code", credit_code("440300"), "chamber.area-mismatch"),
    ("name", "", "import.empty"),
    ("name", "商", "import.length"),
    ("name", "商" * 101, "import.length"),
    ("type", "俱乐部", "import.word"),
    ("level", "city hall", "import.word"),
    ("level", "省级", "chamber.level-mismatch"),
    ("area", "3", "import.area"),
    ("area", "厦门", "import.area"),
    ("area", "4403", "import.own-area"),
    ("relation", "朋友", "import.word"),
    ("founded", "2012-13-01", "import.date"),
    ("founded", "20120520", "import.date"),
    ("founded", "2012/2/30", "import.date"),
    ("founded", "0000-01-01", "import.date"),
    ("founded", "=TODAY()", "import.formula"),
    ("name", '=CONCATENATE("虚构","商会")', "import.formula"),
    ("founded", "2020-09-12", "import.future"),
    ("last_election", "去年", "import.date"),
    ("former_names", "旧", "import.length"),
    ("area_note", "因" * 201, "import.length"),
]


def test_a_list_without_errors_becomes_chambers() -> None:
    row = good() | {"former_names": "旧名商会；更旧的商会", "relation": "团体会员", "last_election": "2019-01-02"}
    result = checked(row, good(1) | {"area": "350200", "type": "industry", "level": "city"})
    assert result.errors == ()
    first, second = result.rows
    assert first.chamber.area == "3502"
    assert first.chamber.type == "hometown"
    assert first.chamber.relation == "group_member"
    assert first.former_names == ("旧名商会", "更旧的商会")
    assert second.chamber.area == "3502"
    assert second.chamber.type == "industry"
    assert second.chamber.relation == "affiliated"


@given(st.integers(0, 5), st.integers(0, 5), st.sampled_from(WRONG))
def test_any_wrong_cell_is_named_by_row_and_column(before: int, behind: int, wrong: tuple[str, str, str]) -> None:
    column, value, code = wrong
    rows = [good(n) for n in range(before)] + [good(99) | {column: value}] + [good(50 + n) for n in range(behind)]
    result = checked(*rows)
    assert {error.row for error in result.errors} == {before + 2}
    found = {error.code: error for error in result.errors}
    assert code in found
    assert found[code].remedy.zh
    if code not in {"chamber.area-mismatch", "chamber.level-mismatch"}:
        assert found[code].column == COLUMNS[column][0]
        assert found[code].value == value
    assert len(result.rows) == before + behind


def test_every_wrong_cell_of_a_row_is_named_at_once() -> None:
    result = checked(good() | {"name": "", "type": "?", "founded": "?"})
    assert [(e.row, e.column) for e in result.errors] == [(2, "商会名称"), (2, "类型"), (2, "登记日期")]
    problem = result.errors[1].as_problem()
    assert "row 2" in problem.field
    assert "“?”" in problem.rule.zh


def test_a_code_that_stands_twice_names_the_first_row() -> None:
    result = checked(good(), good(1), good())
    (error,) = result.errors
    assert (error.row, error.code) == (4, "import.twice")
    assert "第 2 行" in error.rule.zh


def test_an_explained_difference_of_area_is_accepted() -> None:
    moved = good() | {"code": credit_code("350100"), "area_note": "2018 年撤县设区"}
    result = checked(moved)
    assert result.errors == ()
    assert result.rows[0].area_note == "2018 年撤县设区"


def test_headings_are_read_in_both_languages_and_any_order() -> None:
    row = good()
    headings = ["name", "统一社会信用代码*", " Type ", "级别", "AREA"]
    cells = [row["name"], row["code"], "hometown", "city", "3502"]
    result = check([headings, cells, ["", " ", "", "", ""]], area="CN", today=TODAY)
    assert result.errors == ()
    assert len(result.rows) == 1


def test_wrong_headings_stop_the_check() -> None:
    headings = ["code", "code", "颜色", "type", "level"]
    result = check([headings, ["x"] * 5], area="CN", today=TODAY)
    assert {(e.row, e.code) for e in result.errors} == {
        (1, "import.missing-column"),
        (1, "import.unknown-column"),
        (1, "import.double-column"),
    }
    assert result.rows == ()


def test_an_empty_list_is_an_error() -> None:
    assert checked().errors[0].code == "import.nothing"
    assert check([], area="CN", today=TODAY).errors[0].code == "import.missing-column"


@given(st.lists(st.lists(st.text(max_size=12), max_size=12), max_size=6))
def test_no_sheet_whatever_breaks_the_check(sheet: list[list[str]]) -> None:
    result = check(sheet, area="35", today=TODAY)
    assert result.rows == ()
    assert result.errors


@given(st.lists(st.lists(st.text(max_size=20), min_size=10, max_size=10), min_size=1, max_size=4))
def test_no_cells_whatever_break_the_check(cells: list[list[str]]) -> None:
    result = check([[COLUMNS[key][0] for key in KEYS], *cells], area="35", today=TODAY)
    assert result.errors


def test_a_cell_under_no_heading_is_an_error() -> None:
    headings, row = ["code", "name", "type", "level", "area"], good()
    cells = [row["code"], row["name"], "hometown", "city", "3502", "更多"]
    assert [e.code for e in check([headings, cells], area="CN", today=TODAY).errors] == ["import.no-heading"]
    assert check([[*headings, ""], [*cells[:5], ""]], area="CN", today=TODAY).errors == ()


def test_errors_without_end_are_cut_off_and_counted() -> None:
    result = checked(*(good(n) | {"name": "?", "type": "?"} for n in range(300)))
    assert len(result.errors) == 501
    assert result.errors[-1].code == "import.many"
    assert "600" in result.errors[-1].rule.zh


@pytest.mark.parametrize("written", ["2012-05-06", "2012/5/6", "2012.5.6", "2012年5月6日", "2012-5-06"])
def test_a_day_is_read_as_spreadsheets_and_people_write_it(written: str) -> None:
    result = checked(good() | {"founded": written})
    assert result.errors == ()
    assert result.rows[0].chamber.founded == "2012-05-06"


def test_an_empty_cell_says_what_merged_cells_do() -> None:
    (error,) = checked(good() | {"area": ""}).errors
    assert "合并" in error.remedy.zh
    assert "unmerge" in error.remedy.en
