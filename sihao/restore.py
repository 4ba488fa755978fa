"""`sihao restore`: a store that was put back from a backup gets back what it has forgotten since.

Stop the service, put the backup in place, run this, start the service. While broker or store are away it holds and goes
on when they are back; it may be broken off and run again.
"""

import asyncio
import json
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.table import Table

from shared.contracts.area import CENTRE
from shared.kernel.calendar import time_words
from shared.runtime.amqp import BrokerError, Missing, Nacked, Unroutable
from shared.runtime.archive import Archived
from shared.runtime.book import Book
from shared.runtime.clock import SystemClock
from shared.runtime.documents import Documents
from shared.runtime.guard import Guard
from shared.runtime.mongo import Database, StoreError
from shared.runtime.patience import Told
from shared.runtime.queues import consumers_of, sender_of_all
from shared.runtime.recollection import Named, Recollection, Said
from shared.runtime.restoring import Given, Restoring
from shared.runtime.settings import KeySettings
from shared.runtime.signing import Signer, WrongKeyFile
from sihao.dead import DatabaseName, Json, MongoUrl
from sihao.services import SERVICES, restorable

AmqpUrl = Annotated[
    str, typer.Option(envvar="SIHAO_AMQP_URL", help="消息队列地址 / AMQP URL of the broker", show_default=False)
]

_out = Console()
_err = Console(stderr=True)
_SHOWN = 50
_KEPT = 30
"""Days for which facts that crossed the border are kept; a service's own setting may differ."""
_TELL_EVERY = 1.0


class Running(Exception):  # noqa: N818 - a state of affairs
    """The service is consuming its queues."""


@dataclass
class Restored:
    """What was found and done."""

    heard: dict[str, int]
    """Messages for the service in the archive, by event."""
    announced: int
    """Facts in the archive that the service itself announced."""
    forgotten: int
    """Of these, how many its store did not know before."""
    given: Given | None
    """What was given back; nothing on a dry run."""
    lost: list[Named]
    """Facts that the store does not know now."""


def restore_command(
    service: Annotated[str, typer.Argument(metavar="SERVICE", help=" | ".join(SERVICES))],
    since: Annotated[
        str,
        typer.Option(
            metavar="INSTANT",
            help="备份之前的时刻，须带时区 / before the backup, with its zone: 2026-11-24T02:00+08:00",
        ),
    ],
    mongo_url: MongoUrl,
    database: DatabaseName,
    amqp_url: AmqpUrl,
    *,
    areas: Annotated[str, typer.Option(envvar="SIHAO_AREAS", help="审核服务的辖区 / of review: its areas")] = "CN",
    site: Annotated[
        str, typer.Option(envvar="SIHAO_PUBLIC_URL", help="通知服务的公开地址 / of notify: its public address")
    ] = "",
    trust: Annotated[
        Path | None,
        typer.Option(envvar="SIHAO_TRUST", help="中心的公钥集 / the centre's public keys"),
    ] = None,
    signing_key: Annotated[
        Path | None, typer.Option(envvar="SIHAO_SIGNING_KEY", help="服务的签名密钥 / the service's own key")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只看不改 / look, change nothing")] = False,
    as_json: Json = False,
) -> None:
    """数据库从备份恢复后，从消息存档补回遗忘的事实 / Give a restored store back what it forgot, from the archive."""
    if service not in SERVICES:
        raise typer.BadParameter(f"没有服务 {service}，应为 / no such service; one of {', '.join(SERVICES)}")
    moment, progress = _instant(since), Progress()
    try:
        restored = asyncio.run(
            restore(
                service,
                moment,
                mongo_url=mongo_url,
                database=database,
                amqp_url=amqp_url,
                areas=areas,
                site=site,
                trust=trust,
                signing_key=signing_key,
                dry_run=dry_run,
                said=progress.said,
                told=progress.told,
            )
        )
    except (ValueError, WrongKeyFile) as error:
        raise typer.BadParameter(str(error)) from error
    except Running as error:
        _fail("服务仍在运行，请先停止全部副本", "the service is running; stop all its replicas first", error)
    except (Unroutable, Missing) as error:
        _fail(f"没有队列 {error}", f"there is no queue {error}: no archive, or the service never ran here", error)
    except StoreError as error:
        _fail("数据库没有应答，恢复后重来即可", "the store does not answer; run again when it does", error)
    except BrokerError as error:
        _fail("消息队列没有应答，恢复后重来即可", "the broker does not answer; run again when it does", error)
    if as_json:
        typer.echo(json.dumps(_as_json(restored), ensure_ascii=False, indent=2))
    else:
        _tell(restored)


async def restore(
    service: str,
    since: datetime,
    *,
    mongo_url: str,
    database: str,
    amqp_url: str,
    areas: str = "CN",
    site: str = "",
    trust: Path | None = None,
    signing_key: Path | None = None,
    dry_run: bool = False,
    said: Said = lambda *_: None,
    told: Told = lambda _: None,
) -> Restored:
    """Give the store of a stopped service back what it forgot; on a dry run only look.

    Broker and store must be there at the beginning. If they leave afterwards it waits for them, and tells `told` why.

    Raises:
        WrongKeyFile: a file of keys cannot be used.
        Running: the service consumes its queues.
        Unroutable: there is no archive.
        Missing: a queue of the service does not exist.
        StoreError: the store is away at the beginning.
        BrokerError: the broker is away at the beginning.
    """
    async with AsyncExitStack() as stack:
        store = Database(mongo_url, database)
        stack.callback(store.close)
        known = restorable(service, store, areas=areas, site=site.rstrip("/"))
        keys = KeySettings(trust=trust, signing_key=signing_key)
        guard = Guard.load(keys, Signer.load(keys), store, service, known.table.scope)
        if not dry_run and await consumers_of(amqp_url, [subscription.queue for subscription in known.table]):
            raise Running(service)
        await store.ping()
        at_centre = CENTRE in (known.table.scope or CENTRE).split("-")
        book = Book(store, days=_KEPT, at_centre=at_centre) if guard else None
        archive = Recollection(
            known, store, Archived(amqp_url, since, told).read, said, told, keep=book.keep if book else None
        )
        await archive.learn()
        forgotten = await archive.forgotten()
        done = None
        left = forgotten
        if not dry_run:
            restoring = Restoring(archive, Documents(store, SystemClock()), told, guard)
            done = await restoring.give_back(sender_of_all(amqp_url))
            left = await archive.forgotten()
        lost = await archive.named(left)
        return Restored(dict(archive.heard), len(archive.announced), len(forgotten), done, lost)


class Progress:
    """Says once a second how far the reading is, or what it waits for."""

    def __init__(self) -> None:
        self._last = time.monotonic()

    def said(self, count: int, at: datetime) -> None:
        """So many were read; the last is of that time."""
        self._say(f"已读 {count} 条，到 {time_words(at).zh} / read {count}, up to {at:%Y-%m-%d %H:%M:%S}Z")

    def told(self, error: BaseException) -> None:
        """It waits, because of this."""
        if isinstance(error, StoreError):
            self._say("数据库没有应答，等待恢复后继续 / the store does not answer; goes on when it does")
        elif isinstance(error, Nacked):
            self._say(
                f"队列 {error} 已满，等待放宽（sihao limit）后继续 / "
                f"queue {error} is full; goes on when it is widened (sihao limit)"
            )
        else:
            self._say("消息队列没有应答，等待恢复后继续 / the broker does not answer; goes on when it does")

    def _say(self, what: str) -> None:
        if time.monotonic() - self._last > _TELL_EVERY:
            self._last = time.monotonic()
            _err.print(what, highlight=False)


def _instant(written: str) -> datetime:
    try:
        moment = datetime.fromisoformat(written)
    except ValueError as error:
        raise typer.BadParameter(f"不是时刻 / not an instant: {written}; 2026-11-24T02:00+08:00") from error
    if moment.tzinfo is None:
        raise typer.BadParameter(f"须写明时区 / the zone is missing: {written}+08:00")
    return moment


def _tell(restored: Restored) -> None:
    given = restored.given
    table = Table("事件 / event", "存档 / archived", "补回 / given back", "交服务处理 / left to the service")
    for event, count in sorted(restored.heard.items()):
        columns = (given.applied, given.queued) if given else ({}, {})
        table.add_row(event, str(count), *(str(column.get(event, 0)) if given else "–" for column in columns))
    _out.print(table)
    announced, forgotten, lost = restored.announced, restored.forgotten, len(restored.lost)
    _out.print(f"本服务宣布过 {announced} 条事实，恢复前遗忘 {forgotten} 条，现缺 {lost} 条", highlight=False)
    _out.print(f"facts it announced: {announced}; forgotten before: {forgotten}; missing now: {lost}", highlight=False)
    if restored.lost:
        _list(
            "已宣布而历史中没有（多为界面操作，须人工补办）",
            "announced, but not in the history (mostly acts over HTTP)",
            restored.lost,
        )
    if given and given.otherwise:
        _list("内容与当时宣布的不同", "decided in other words than were announced", given.otherwise)


def _list(zh: str, en: str, facts: list[Named]) -> None:
    table = Table("时间 / at", "事件 / event", "对象 / subject", title=f"{zh} / {en}")
    for fact in facts[:_SHOWN]:
        table.add_row(time_words(fact.at).zh, fact.type, fact.subject)
    _out.print(table)
    if len(facts) > _SHOWN:
        _out.print(f"…… 共 {len(facts)} 条，全部见 --json / {len(facts)} in all, see --json", highlight=False)


def _as_json(restored: Restored) -> dict[str, Any]:
    given = restored.given
    return {
        "archived": restored.heard,
        "announced": restored.announced,
        "forgotten": restored.forgotten,
        "applied": dict(given.applied) if given else None,
        "queued": dict(given.queued) if given else None,
        "otherwise": [_named(fact) for fact in given.otherwise] if given else None,
        "lost": [_named(fact) for fact in restored.lost],
    }


def _named(fact: Named) -> dict[str, str]:
    return {"id": fact.id, "event": fact.type, "subject": fact.subject, "at": fact.at.isoformat()}


def _fail(zh: str, en: str, error: BaseException) -> NoReturn:
    _err.print(f"[red]{zh} / {en}[/red]  ({type(error).__name__})", highlight=False)
    raise typer.Exit(2) from error
