"""A list of chambers, row by row: which rows are chambers, and what is wrong with the others.

A sheet is rows of text, the first of them the headings, in Chinese or English, in any order.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import cast, get_args

from pydantic import BaseModel, ConfigDict

from services.intake.domain import credit_code
from services.intake.domain.chamber import RegisteredChamber, Registration
from services.intake.domain.columns import COLUMNS, REQUIRED, WORDS, column_of
from shared.contracts import Area, Chamber, ChamberType, Level, Relation, Text, covers, parse_area
from shared.kernel.problem import Problem, problem

MAX_ERRORS = 500
"""Errors that are told at once."""
Sheet = Sequence[Sequence[str]]
"""Rows of cells, as text."""


class RowError(BaseModel):
    """One thing that is wrong with one cell."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    row: int
    """Number of the row as the sheet shows it; the headings are row 1."""
    column: str
    """The column's Chinese heading; the heading as given if it is unknown."""
    value: str
    """What stands there."""
    code: str
    """Stable, for programs."""
    rule: Text
    """What is wrong."""
    remedy: Text
    """What to do."""

    def as_problem(self) -> Problem:
        """The error as an answer names it: row and column as the field, the value with the rule."""
        return Problem(
            code=self.code,
            field=f"row {self.row} · {self.column}",
            rule=Text(zh=f"“{self.value}”：{self.rule.zh}", en=f"{self.value!r}: {self.rule.en}"),
            remedy=self.remedy,
        )


class Checked(BaseModel):
    """What a sheet comes to. Only a sheet without errors may be taken over."""

    model_config = ConfigDict(frozen=True)

    rows: tuple[Registration, ...]
    """The rows that are right, in order."""
    numbers: tuple[int, ...]
    """Their numbers in the sheet."""
    errors: tuple[RowError, ...]
    """Everything that is wrong, in the order of rows."""


def check(sheet: Sheet, *, area: Area, today: date) -> Checked:
    """Check every cell of every row.

    Args:
        sheet: The rows, headings first; empty rows are skipped.
        area: The area of the officer who brings it; every chamber must lie in it.
        today: No chamber was founded after it.
    """
    headings = [column_of(cell) or cell.strip() for cell in sheet[0]] if sheet else []
    if wrong := tuple(_headings(headings)):
        return Checked(rows=(), numbers=(), errors=wrong)
    good: dict[int, Registration] = {}
    errors: list[RowError] = []
    seen: dict[str, int] = {}
    for number, cells in enumerate(sheet[1:], start=2):
        row = {key: cell.strip() for key, cell in zip(headings, cells, strict=False) if key}
        if not any(cell.strip() for cell in cells):
            continue
        found = list(_row(row, area, today))
        if any(cell.strip() for place, cell in enumerate(cells) if not "".join(headings[place : place + 1])):
            found.append(_cell("", "no-heading", "该行有内容不在任何列标题之下", "the row has a cell under no heading"))
        code = credit_code.normal(row.get("code", ""))
        if code and code in seen:
            found.append(_twice(seen[code]))
        seen.setdefault(code, number)
        errors += [_error(number, p, row.get(p.field, "")) for p in found]
        if not found:
            good[number] = _registration(row)
    if not good and not errors:
        errors.append(_error(2, _cell("code", "nothing", "表中没有商会", "the sheet holds no chamber"), ""))
    if len(errors) > MAX_ERRORS:
        rest = _cell("", "many", f"共 {len(errors)} 处有误，只列出前 {MAX_ERRORS} 处", f"{len(errors)} errors in all")
        errors = [*errors[:MAX_ERRORS], _error(errors[MAX_ERRORS].row, rest, "")]
    return Checked(rows=tuple(good.values()), numbers=tuple(good), errors=tuple(errors))


def foreign(checked: Checked, known: Mapping[str, RegisteredChamber], area: Area) -> Iterator[RowError]:
    """The rows whose chambers are registered with a federation outside the officer's area.

    Args:
        checked: The sheet.
        known: Those of its chambers that are registered, by credit code.
        area: The officer's area.
    """
    for number, row in zip(checked.numbers, checked.rows, strict=True):
        code = row.chamber.code
        if code in known and not covers(area, (home := known[code].chamber.area)):
            elsewhere = problem(
                "chamber.foreign",
                "code",
                rule=(f"该商会登记在 {home}，不属于 {area}", f"it is registered in {home}, outside {area}"),
                remedy=("请由原地区工商联或上级办理", "Ask the federation it belongs to, or the one above both."),
            )
            yield _error(number, elsewhere, code)


def _headings(headings: Sequence[str]) -> Iterator[RowError]:
    for key in REQUIRED:
        if key not in headings:
            names = " / ".join(COLUMNS[key])
            missing = _cell(key, "missing-column", f"缺少列：{names}", f"there is no column {names}", _USE_TEMPLATE)
            yield _error(1, missing, "")
    for place, key in enumerate(headings):
        if key and key not in COLUMNS:
            yield _error(1, _cell(key, "unknown-column", "没有这一列", "there is no such column"), key)
        if key and key in headings[:place]:
            yield _error(1, _cell(key, "double-column", "此列出现两次", "the column stands there twice"), key)


def _row(row: Mapping[str, str], area: Area, today: date) -> Iterator[Problem]:
    yield from _filled(row)
    if name := row.get("name"):
        yield from _name("name", name)
    for former in _names(row.get("former_names", "")):
        yield from _name("former_names", former)
    for key, words in WORDS.items():
        value = row.get(key, "")
        if value and value not in words:
            choices = "、".join(word for word in words if not word.isascii())
            english = ", ".join(dict.fromkeys(words.values()))
            yield _cell(key, "word", f"应为下列之一：{choices}", f"must be one of {english}")
    for key in ("founded", "last_election"):
        if row.get(key):
            yield from _date(key, row[key], today)
    if len(row.get("area_note", "")) > _NOTE:
        yield _cell("area_note", "length", f"最多 {_NOTE} 字", f"at most {_NOTE} characters")
    yield from _place(row, area)


def _filled(row: Mapping[str, str]) -> Iterator[Problem]:
    """What must be there, as a value."""
    for key in COLUMNS:
        if key in REQUIRED and not row.get(key):
            yield _cell(key, "empty", "不能为空", "must not be empty", _FILL_IN)
        elif row.get(key, "").startswith("="):
            yield _cell(key, "formula", "公式没有存下结果", "a formula without its result", _PASTE_VALUES)


def _place(row: Mapping[str, str], area: Area) -> Iterator[Problem]:
    """The credit code by itself, the area by itself and against the officer's, and each against the other."""
    code = credit_code.normal(row.get("code", ""))
    wrong_code = credit_code.problem_of(code) if code else None
    if wrong_code:
        yield wrong_code
    if not row.get("area"):
        return
    try:
        own = parse_area(row["area"])
    except ValueError:
        yield _cell("area", "area", "应为 CN 或 2、4、6 位数字", "must be CN or 2, 4 or 6 digits")
        return
    if not covers(area, own):
        yield _cell("area", "own-area", f"不在您服务的地区 {area} 之内", f"lies outside your area {area}")
    level = WORDS["level"].get(row.get("level", ""))
    if level and (misfit := credit_code.level_problem(cast("Level", level), own)):
        yield misfit
    if code and not wrong_code and not row.get("area_note") and (elsewhere := credit_code.area_problem(code, own)):
        yield elsewhere


def _name(key: str, name: str) -> Iterator[Problem]:
    if not _SHORT <= len(name) <= _LONG:
        yield _cell(key, "length", f"应为 {_SHORT} 至 {_LONG} 字", f"must have {_SHORT} to {_LONG} characters")


def _date(key: str, value: str, today: date) -> Iterator[Problem]:
    day = _day(value)
    if day is None:
        yield _cell(key, "date", "应为日期，如 2016-05-20", "must be a date such as 2016-05-20")
    elif day > today:
        yield _cell(key, "future", f"日期晚于今天（{today}）", f"lies after today ({today})")


def _day(value: str) -> date | None:
    """A day as people and spreadsheets write it, the year first: 2016-05-20, 2016/5/20, 2016.5.20, 2016年5月20日."""
    found = _DAY.fullmatch(value)
    try:
        return date(*map(int, found.groups())) if found else None
    except ValueError:
        return None


def _iso(value: str) -> str | None:
    """The day as contracts write it; None if the cell is empty."""
    day = _day(value)
    return day.isoformat() if day else None


def _registration(row: Mapping[str, str]) -> Registration:
    """A row without errors."""
    return Registration(
        chamber=Chamber(
            code=credit_code.normal(row["code"]),
            name=row["name"],
            type=cast("ChamberType", WORDS["type"][row["type"]]),
            level=cast("Level", WORDS["level"][row["level"]]),
            area=row["area"],
            relation=cast("Relation", WORDS["relation"].get(row.get("relation", ""), get_args(Relation)[0])),
            founded=_iso(row.get("founded", "")),
            last_election=_iso(row.get("last_election", "")),
        ),
        former_names=tuple(_names(row.get("former_names", ""))),
        area_note=row.get("area_note", ""),
    )


def _names(cell: str) -> list[str]:
    return [name for part in re.split("[；;]", cell) if (name := part.strip())]


def _twice(first: int) -> Problem:
    return _cell("code", "twice", f"与第 {first} 行重复", f"stands in row {first} already")


def _cell(key: str, code: str, zh: str, en: str, remedy: tuple[str, str] | None = None) -> Problem:
    return problem(f"import.{code}", key, rule=(zh, en), remedy=remedy or _CORRECT)


def _error(row: int, wrong: Problem, value: str) -> RowError:
    column = COLUMNS[wrong.field][0] if wrong.field in COLUMNS else wrong.field
    return RowError(row=row, column=column, value=value, code=wrong.code, rule=wrong.rule, remedy=wrong.remedy)


_SHORT, _LONG, _NOTE = 2, 100, 200
_DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?", re.ASCII)
_CORRECT = ("请更正后重新导入整个文件", "Correct it and import the file again.")
_FILL_IN = (
    "请补填后重新导入整个文件；合并的单元格只有第一行有值，须先取消合并",
    "Fill it in and import the file again; of merged cells only the first has a value, so unmerge them.",
)
_PASTE_VALUES = (
    "请选中该列，复制后“选择性粘贴为数值”，再重新导入整个文件",
    "Copy the column, paste it as values, and import the file again.",
)
_USE_TEMPLATE = (
    "第一行应为列标题，只读取第一张工作表，CSV 以逗号分列；可用导入模板",
    "Headings stand in the first row of the first sheet, a CSV is divided by commas; the template helps.",
)
