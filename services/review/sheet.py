"""Cases as an XLSX workbook, row by row: rows go to a temporary file, so that memory does not grow with them."""

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from services.review.domain.case import STATUS_WORDS
from services.review.domain.line import Line
from shared.contracts.chamber_words import LEVELS, TYPES
from shared.contracts.text import Text, text
from shared.kernel.calendar import CHINA

_ACTIVE = re.compile(r"[=+\-@#\t\r]")
"""What a cell may not begin with: a program might take it for a formula or an error."""
Value = str | int | Decimal | datetime | None


@dataclass(frozen=True)
class Column:
    """One column."""

    title: Text
    width: int
    """In characters."""
    value: Callable[[Line], Value]


COLUMNS = (
    Column(text("案件编号", "Case"), 36, lambda line: line.id),
    Column(text("认定周期", "Round"), 12, lambda line: line.stored["round"]),
    Column(text("审核地区", "Jurisdiction"), 12, lambda line: line.stored["jurisdiction"]),
    Column(text("商会名称", "Chamber"), 36, lambda line: line.chamber["name"]),
    Column(text("统一社会信用代码", "Credit code"), 22, lambda line: line.chamber["code"]),
    Column(text("商会类型", "Type"), 14, lambda line: TYPES[line.chamber["type"]].zh),
    Column(text("层级", "Level"), 10, lambda line: LEVELS[line.chamber["level"]].zh),
    Column(text("所在地区", "Area"), 10, lambda line: line.chamber["area"]),
    Column(text("状态", "Status"), 14, lambda line: STATUS_WORDS[line.stored["status"]][0]),
    Column(
        text("环节", "Stage"), 18, lambda line: line.current["title"]["zh"] if line.current else line.stored["stage"]
    ),
    Column(text("得分", "Points"), 10, lambda line: _number(line.score, "total")),
    Column(text("待评分", "Points pending"), 10, lambda line: _number(line.score, "pending")),
    Column(text("政治引领", "A"), 10, lambda line: _number(line.score.get("dimensions"), "A")),
    Column(text("队伍建设", "B"), 10, lambda line: _number(line.score.get("dimensions"), "B")),
    Column(text("服务发展", "C"), 10, lambda line: _number(line.score.get("dimensions"), "C")),
    Column(text("自律规范", "D"), 10, lambda line: _number(line.score.get("dimensions"), "D")),
    Column(text("待核资格条件", "Gates in doubt"), 16, lambda line: " ".join(line.gates("to_be_verified"))),
    Column(text("未达资格条件", "Gates not met"), 16, lambda line: " ".join(line.gates("not_met"))),
    Column(text("进入环节时间（北京时间）", "In stage since"), 20, lambda line: _here(line.stored["entered"])),
    Column(text("应办期限（北京时间）", "Deadline"), 20, lambda line: _here(line.stored["deadline"])),
    Column(text("是否逾期", "Overdue"), 10, lambda line: "是" if line.stored["overdue"] else "否"),
    Column(text("提交次数", "Revision"), 10, lambda line: line.stored["revision"]),
    Column(text("推荐名次", "Rank"), 10, lambda line: line.part("nomination").get("rank")),
    Column(text("未通过原因", "Reason"), 40, lambda line: line.part("ending").get("reason", {}).get("zh")),
    Column(text("通报文号", "Document"), 20, lambda line: line.stored["document"] or None),
    Column(text("评分标准", "Rubric"), 18, lambda line: line.score.get("rubric")),
    Column(text("审核程序", "Procedure"), 14, lambda line: line.procedure.get("id")),
)
"""What is told of a case. People are not named, neither officers nor experts."""


class CaseSheet:
    """A workbook being written."""

    def __init__(self, path: Path) -> None:
        self.rows = 0
        self.rubrics: set[str] = set()
        self.procedures: set[str] = set()
        self._path = path
        self._book: Any = Workbook(write_only=True)
        self._cases: Any = self._book.create_sheet("案件 Cases")
        self._cases.freeze_panes = "A2"
        for number, column in enumerate(COLUMNS, start=1):
            self._cases.column_dimensions[get_column_letter(number)].width = column.width
        self._cases.append([self._heading(str(column.title)) for column in COLUMNS])

    def append(self, lines: Sequence[Line]) -> None:
        """Add these cases."""
        for line in lines:
            self._cases.append([self._cell(column.value(line)) for column in COLUMNS])
            self.rubrics |= {line.score["rubric"]} if line.score else set()
            self.procedures |= {line.procedure["id"]} if line.procedure else set()
        self.rows += len(lines)

    def save(self, about: Sequence[tuple[Text, str]]) -> None:
        """Add the sheet that says what this is, and write the file."""
        sheet: Any = self._book.create_sheet("说明 About")
        sheet.column_dimensions["A"].width = 32
        sheet.column_dimensions["B"].width = 80
        for title, words in about:
            sheet.append([self._heading(str(title)), self._cell(words)])
        self._book.save(self._path)

    def discard(self) -> None:
        """Drop the temporary files, whatever became of the workbook."""
        for sheet in self._book.worksheets:
            writer = sheet._writer  # noqa: SLF001 - openpyxl offers no other way to drop what was not saved
            if writer is not None and Path(writer.out).exists():
                with suppress(OSError):
                    sheet.close()
                writer.cleanup()

    def _heading(self, words: str) -> Any:
        cell = WriteOnlyCell(self._cases, words)
        cell.font = Font(bold=True)
        return cell

    def _cell(self, value: Value) -> Any:
        """Numbers as numbers, instants as such, words as words whatever they begin with."""
        if not isinstance(value, str):
            return value
        words = ILLEGAL_CHARACTERS_RE.sub("", value)
        if not _ACTIVE.match(words):
            return words
        cell = WriteOnlyCell(self._cases, words)
        cell.data_type = "s"
        cell.quotePrefix = True
        return cell


def _number(figures: Mapping[str, str] | None, name: str) -> Decimal | None:
    """A figure as a number."""
    return Decimal(figures[name]) if figures and name in figures else None


def _here(instant: str | None) -> datetime | None:
    """An instant as a clock in China shows it; a sheet knows no zones."""
    return datetime.fromisoformat(instant).astimezone(CHINA).replace(tzinfo=None) if instant else None
