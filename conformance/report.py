"""A report for people, as a table, and for programs, as JSON."""

import json

from rich.console import Console
from rich.table import Table

from conformance.run import Report
from conformance.verdicts import Result

WORDS = {"passed": "通过 passed", "failed": "未通过 failed", "not_checked": "未检查 not checked"}
_COLOURS = {"passed": "green", "failed": "red", "not_checked": "yellow"}


def table(report: Report) -> Table:
    """Every clause with its status; what failed and what was not checked with the reason."""
    shown = Table("条款 clause", "结果 result", "规则 rule", "所见 what was seen", show_lines=True)
    for one in report.results:
        colour = _COLOURS[one.status]
        shown.add_row(one.clause.id, f"[{colour}]{WORDS[one.status]}[/{colour}]", _rule(one), _seen(one))
    return shown


def tell(report: Report, out: Console) -> None:
    """The table, and one line that sums it up."""
    out.print(table(report))
    out.print(summary(report), style=_COLOURS[verdict(report)], highlight=False)


def summary(report: Report) -> str:
    """One line."""
    counts = {status: len(report.of(status)) for status in WORDS}
    return (
        f"地区 {report.area}：通过 {counts['passed']}，未通过 {counts['failed']}，未检查 {counts['not_checked']}；"
        f"核对消息 {report.messages} 条，用时 {report.seconds:.0f} 秒 / "
        f"{counts['passed']} passed, {counts['failed']} failed, {counts['not_checked']} not checked; "
        f"{report.messages} messages in {report.seconds:.0f} s"
    )


def verdict(report: Report) -> str:
    """The whole in a word: `failed` if any clause is, `not_checked` if any was not checked, else `passed`."""
    return next((status for status in ("failed", "not_checked") if report.of(status)), "passed")


def as_json(report: Report) -> str:
    """For programs."""
    told = {
        "verdict": verdict(report),
        "area": report.area,
        "run": report.run,
        "at": report.at.isoformat(),
        "seconds": round(report.seconds, 1),
        "messages": report.messages,
        "clauses": [
            {
                "id": one.clause.id,
                "status": one.status,
                "rule": one.clause.rule.model_dump(),
                "checks": one.checks,
                "failures": one.failures,
                "findings": [finding.model_dump() for finding in one.findings],
                "remedy": one.clause.remedy.model_dump() if one.status == "failed" else None,
            }
            for one in report.results
        ],
    }
    return json.dumps(told, ensure_ascii=False, indent=2) + "\n"


def _rule(one: Result) -> str:
    return f"{one.clause.rule.zh}\n[dim]{one.clause.rule.en}[/dim]"


def _seen(one: Result) -> str:
    if one.status == "passed":
        return f"{one.checks} ✓"
    said = "\n".join(f"{finding.zh}\n[dim]{finding.en}[/dim]" for finding in one.findings[:3])
    if one.status == "failed":
        remedy = one.clause.remedy
        return f"{one.failures}/{one.checks}\n{said}\n→ {remedy.zh}\n[dim]→ {remedy.en}[/dim]"
    return said
