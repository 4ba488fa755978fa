"""`sihao province reconcile`: what province and centre sent each other, and what only one of them knows."""

import asyncio
import json
import uuid
from collections.abc import Sequence
from datetime import date
from time import monotonic
from typing import Annotated, Any

import typer
from pydantic import BaseModel
from rich.table import Table

from shared.contracts.ledgers import SIDES, LedgerCompared, LedgerDiffered, Side
from shared.kernel import reconciliation
from shared.kernel.canonical import digest
from shared.kernel.reconciliation import OPERATOR, DayLedger, Heal, ledger_key
from shared.kernel.returned import Fate, Returned
from shared.runtime.clock import SystemClock
from shared.runtime.documents import Documents
from shared.runtime.ledgers import LEDGERS, RETURNED
from shared.runtime.mongo import Database, StoreError
from shared.runtime.work import Rejected, Work
from sihao.dead import DatabaseName, MongoUrl
from sihao.province.terminal import WRONG, Area, Json, fail, out, province

_SHOWN = 50
_POLL = 1.0
SIDE_WORDS: dict[Side, tuple[str, str]] = {
    "lacking_there": ("省已发，中心未收", "sent by the province, not accepted at the centre"),
    "forgotten_here": ("中心已收，省已遗忘", "accepted at the centre, forgotten by the province"),
    "lacking_here": ("中心已发，省未收", "sent by the centre, not accepted by the province"),
    "forgotten_there": ("省已收，中心已遗忘", "accepted by the province, forgotten at the centre"),
}
FATE_WORDS: dict[Fate, tuple[str, str]] = {
    "decided": ("已重新办理或原已知晓", "decided again, or known already"),
    "recovered": ("据本省签名的事实恢复", "recovered from the own signed fact"),
    "handed on": ("照常办理", "goes its way like any message"),
    "lost": ("无法恢复，须人工补办", "cannot come back: to be done again by people"),
    "refused": ("签名不符，见死信", "its signature does not hold: see the dead letters"),
}


class Shown(BaseModel):
    """What is known here of a province's days."""

    days: tuple[DayLedger, ...]
    """Newest first."""
    returned: tuple[Returned, ...]
    """At the province: what the centre gave back."""

    @property
    def agrees(self) -> bool:
        """Whether nothing that has been compared differs, and something has been."""
        compared = [one for one in self.days if one.compared]
        return bool(compared) and all(one.agrees for one in compared)


def reconcile(
    area: Area,
    mongo_url: MongoUrl,
    database: DatabaseName,
    *,
    day: Annotated[
        str, typer.Option(metavar="YYYY-MM-DD", help="只看这一日（北京时间）/ this day only, in China's time")
    ] = "",
    heal: Annotated[
        bool,
        typer.Option("--heal", help="补齐差异：以同一编号重发所缺 / heal: send what is missing again, under its id"),
    ] = False,
    wait: Annotated[
        float, typer.Option(min=0, help="等待双方相符的秒数 / seconds to wait until both sides agree")
    ] = 0.0,
    as_json: Json = False,
) -> None:
    """中心与一省逐日对账，指明差异 / What province and centre sent each other. 0 agrees, 1 differs, 2 not known.

    在中心或该省的审核服务数据库上运行 / Run it on the store of the centre's review, or of the province's.
    """
    code, only = province(area), _day(day)
    try:
        shown = asyncio.run(_look(mongo_url, database, code, only, heal=heal, wait=wait))
    except StoreError:
        fail("数据库没有应答", "the store does not answer")
    if not shown.days:
        fail("尚无对账记录", "nothing has been reconciled yet")
    if as_json:
        typer.echo(json.dumps(_as_json(shown), ensure_ascii=False, indent=2))
    else:
        _tell(shown, healing=heal)
    raise typer.Exit(0 if shown.agrees else WRONG)


async def _look(mongo_url: str, name: str, area: str, day: date | None, *, heal: bool, wait: float) -> Shown:
    database = Database(mongo_url, name)
    where: dict[str, Any] = {"state.area": area, **({"state.day": day.isoformat()} if day else {})}
    end = monotonic() + wait
    try:
        if heal:
            await _heal(database, [one for _, one in await database.find(LEDGERS, where) if one.differed])
        while True:
            found = [one for _, one in await database.find(LEDGERS, where) if one.closed]
            back = [one for _, one in await database.find(RETURNED, where)]
            days = sorted(found, key=lambda one: one.day, reverse=True)
            shown = Shown(days=tuple(days), returned=tuple(back))
            if shown.agrees or monotonic() >= end:
                return shown
            await asyncio.sleep(_POLL)
    finally:
        database.close()


async def _heal(database: Database, days: Sequence[DayLedger]) -> None:
    """The decision is put into the store; the running service sees to the rest. A province closes its books itself."""
    own = await database.collection(LEDGERS.collection).find_one({"history.what": "close-ledger"}, {"_id": 1})
    command, decide = Heal(by=OPERATOR), reconciliation.heal if own else reconciliation.ask
    works = [
        Work(
            kind=LEDGERS,
            key=ledger_key(one.area, one.day),
            message=command,
            decide=decide,
            what="heal",
            by=OPERATOR,
            cause=str(uuid.uuid4()),
            content=digest(command.model_dump(mode="json")),
        )
        for one in days
    ]
    for outcome in await Documents(database, SystemClock()).apply(works):
        if isinstance(outcome, Rejected):
            raise outcome.error


def _day(written: str) -> date | None:
    try:
        return date.fromisoformat(written) if written else None
    except ValueError as error:
        raise typer.BadParameter(f"不是日期 / no date: {written}; 2026-11-25") from error


def _tell(shown: Shown, *, healing: bool) -> None:
    table = Table(
        "日期 / day",
        "中心服务 / service",
        "省发 / sent up",
        "中心收 / accepted",
        "中心发 / sent down",
        "省收 / accepted",
        "结果 / result",
    )
    for day in shown.days:
        found_by: list[tuple[str, LedgerCompared | None]] = [*sorted(day.compared.items())]
        for service, found in found_by or [("–", None)]:
            table.add_row(str(day.day), service, *_counts(day, found), _result(day, service, found))
    out.print(table)
    for day in shown.days:
        for one in day.differed.values():
            _name(day, one)
    _tell_returned(shown.returned)
    if healing:
        out.print("已请求补齐，稍后再看 / healing was asked for; look again shortly")
    elif any(day.differed for day in shown.days):
        out.print("补齐 / to heal: sihao province reconcile AREA --heal")


def _counts(day: DayLedger, found: LedgerCompared | None) -> tuple[str, str, str, str]:
    if found is None or day.closed is None:
        return "–", "–", "–", "–"
    heard, said = {t.event for t in found.accepted}, {(t.source, t.event) for t in found.sent}
    up = sum(told.count for told in day.closed.sent if told.event in heard)
    down = sum(told.count for told in day.closed.accepted if (told.source, told.event) in said)
    return str(up), str(sum(t.count for t in found.accepted)), str(sum(t.count for t in found.sent)), str(down)


def _result(day: DayLedger, service: str, found: LedgerCompared | None) -> str:
    if found is None:
        return "等待中心 / waits for the centre"
    if not day.is_newest(found):
        return "正在核对 / being compared"
    if found.agrees:
        return "[green]相符 / agrees[/green]"
    one = day.differed.get(service)
    count = sum(len(getattr(one, side)) for side in SIDES) if one else 0
    more = "+" if found.more else ""
    return f"[red]相差 {count}{more} 条 / {count}{more} differ[/red]" if count else "[red]不符，待指明 / differs[/red]"


def _name(day: DayLedger, one: LedgerDiffered) -> None:
    reasons = {fact.id: fact.code for fact in day.compared[one.of].refused} if one.of in day.compared else {}
    for side in SIDES:
        facts = getattr(one, side)
        if not facts:
            continue
        zh, en = SIDE_WORDS[side]
        table = Table("编号 / id", "对象 / subject", "缘由 / why", title=f"{day.day} {one.of}：{zh} / {en}")
        for fact in facts[:_SHOWN]:
            table.add_row(fact.id, fact.subject, reasons.get(fact.id, ""))
        out.print(table)
        if len(facts) > _SHOWN:
            out.print(f"…… 共 {len(facts)} 条，全部见 --json / {len(facts)} in all, see --json")


def _tell_returned(returned: Sequence[Returned]) -> None:
    """What came back, and by name what cannot."""
    if not returned:
        return
    table = Table("经过 / what became of it", "条数 / facts", title="中心交还的事实 / facts given back by the centre")
    for fate, (zh, en) in FATE_WORDS.items():
        if count := sum(one.fate == fate for one in returned):
            table.add_row(f"{zh} / {en}", str(count))
    if waiting := sum(one.fate is None for one in returned):
        table.add_row("等待办理 / waits", str(waiting))
    out.print(table)
    for one in returned:
        if one.fate == "lost":
            out.print(f"  {one.fact.event} {one.subject} {one.fact.time} {one.fact.id}")


def _as_json(shown: Shown) -> dict[str, Any]:
    return {
        "agrees": shown.agrees,
        "days": [one.model_dump(mode="json", exclude={"unnamed", "unanswered", "owed"}) for one in shown.days],
        "returned": [
            {
                "id": one.fact.id,
                "event": one.fact.event,
                "subject": one.subject,
                "time": one.fact.time,
                "fate": one.fate,
            }
            for one in shown.returned
        ],
    }
