"""`sihao dead`: the dead letters of one service, at the terminal of who runs it.

It needs the service's store and nothing else: a replay is asked for there, and done by the service (`waiting_room.py`).
"""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import asynccontextmanager
from time import monotonic
from typing import Annotated, NoReturn, TypeVar

import typer
from rich.console import Console
from rich.table import Table

from shared.kernel.calendar import time_words
from shared.runtime.dead import DeadLetter, DeadLetters
from shared.runtime.mongo import Database, StoreError

T = TypeVar("T")

_THROUGH, _ASKED = "through", "asked"
_OUTCOMES = {_THROUGH: "已通过 / went through", _ASKED: "尚待服务办理 / not yet tried"}
_AT_ONCE = 10_000
"""Letters in one replay. Our default."""
_LOOK_EVERY = 0.2

dead_app = typer.Typer(no_args_is_help=True)
_out = Console()
_err = Console(stderr=True)

MongoUrl = Annotated[
    str,
    typer.Option(envvar="SIHAO_MONGO_URL", help="服务的数据库地址 / MongoDB URL of the service", show_default=False),
]
DatabaseName = Annotated[
    str,
    typer.Option(envvar="SIHAO_DATABASE", help="服务的数据库名 / its database, e.g. sihao_scoring", show_default=False),
]
Reason = Annotated[
    list[str] | None,
    typer.Option(
        help="只限这些代码，可多次；signature. 指其全部 / only these codes, repeatable; signature. is all of them"
    ),
]
Json = Annotated[bool, typer.Option("--json", help="输出 JSON / print JSON")]


@asynccontextmanager
async def _letters(mongo_url: str, database: str) -> AsyncIterator[DeadLetters]:
    store = Database(mongo_url, database)
    try:
        yield DeadLetters(store)
    finally:
        store.close()


def _run(work: Awaitable[T]) -> T:
    async def awaited() -> T:
        return await work

    try:
        return asyncio.run(awaited())
    except StoreError as error:
        _fail("数据库没有应答，请检查 --mongo-url", "the store does not answer; check --mongo-url", error)


def _fail(zh: str, en: str, error: BaseException) -> NoReturn:
    _err.print(f"[red]{zh} / {en}[/red]  ({type(error).__name__})", highlight=False)
    raise typer.Exit(2) from error


def _row(letter: DeadLetter) -> dict[str, str | None]:
    return {
        "id": letter.id,
        "queue": letter.queue,
        "message": letter.message_id,
        "code": letter.code,
        "reason_zh": letter.reason.zh,
        "reason_en": letter.reason.en,
        "at": letter.at.isoformat(),
        "replayed": letter.replayed.isoformat() if letter.replayed else None,
        "asked": letter.asked.isoformat() if letter.asked else None,
    }


@dead_app.command("list")
def list_letters(
    mongo_url: MongoUrl,
    database: DatabaseName,
    *,
    all_: Annotated[bool, typer.Option("--all", help="包括已重放的 / replayed ones too")] = False,
    reason: Reason = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="最多几条 / at the most")] = 100,
    as_json: Json = False,
) -> None:
    """死信一览，新的在前 / The dead letters, newest first."""

    async def read() -> list[DeadLetter]:
        async with _letters(mongo_url, database) as letters:
            return await letters.list(all_=all_, codes=reason or (), limit=limit)

    found = _run(read())
    if as_json:
        typer.echo(json.dumps([_row(letter) for letter in found], ensure_ascii=False, indent=2))
        return
    if not found:
        _out.print("没有死信 / no dead letters")
        return
    table = Table("编号 / id", "时间 / at", "队列 / queue", "原因 / reason")
    for letter in found:
        table.add_row(letter.id, time_words(letter.at).zh, letter.queue, f"{letter.reason.zh}\n{letter.reason.en}")
    _out.print(table)


@dead_app.command("show")
def show_letter(id_: Annotated[str, typer.Argument(metavar="ID")], mongo_url: MongoUrl, database: DatabaseName) -> None:
    """一封死信的全部：原因、规则、办法、消息头和正文 / One dead letter in full, with its body."""

    async def read() -> DeadLetter | None:
        async with _letters(mongo_url, database) as letters:
            return await letters.get(id_)

    letter = _known(_run(read()), id_)
    typer.echo(
        json.dumps(
            _row(letter)
            | {
                "problems": [problem.model_dump() for problem in letter.problems],
                "routing_key": letter.routing_key,
                "headers": letter.headers,
                "body": letter.body.decode(errors="replace"),
            },
            ensure_ascii=False,
            indent=2,
        )
    )


@dead_app.command("replay")
def replay_letters(
    mongo_url: MongoUrl,
    database: DatabaseName,
    ids: Annotated[list[str] | None, typer.Argument(metavar="[ID]…")] = None,
    *,
    all_: Annotated[bool, typer.Option("--all", help="全部未重放的 / all that were not replayed")] = False,
    reason: Reason = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只说会重放哪些 / only tell which it would be")] = False,
    wait: Annotated[float, typer.Option(min=0, help="等待服务办理的秒数 / seconds to wait for the service")] = 60.0,
    as_json: Json = False,
) -> None:
    """由服务自己再处理一次；已生效的不会重复 / Have the service handle them once more; nothing takes effect twice.

    只需服务的数据库，不需消息队列权限 / Needs the service's store, and no right on the broker.
    退出码 / exit: 0 全部通过 / all went through; 1 有的仍在 / some are still there; 2 有误 / a mistake.
    """
    if not (ids or all_ or reason):
        raise typer.BadParameter("请给出编号，或用 --all、--reason / name ids, or use --all or --reason")

    async def replay() -> list[DeadLetter]:
        async with _letters(mongo_url, database) as letters:
            for id_ in ids or ():
                _known(await letters.get(id_), id_)
            chosen = await letters.list(codes=reason or (), ids=ids or (), limit=_AT_ONCE)
            if not dry_run:
                await letters.ask_again([letter.id for letter in chosen])
                return await _answered(letters, [letter.id for letter in chosen], wait)
            return chosen

    found = _run(replay())
    counted = Counter(letter.code if dry_run else _outcome(letter) for letter in found)
    if as_json:
        rows = [_row(letter) | {"outcome": None if dry_run else _outcome(letter)} for letter in found]
        typer.echo(json.dumps({"counts": counted, "letters": rows}, ensure_ascii=False, indent=2))
    elif dry_run:
        _out.print(f"会重放 {len(found)} 封 / would replay {len(found)}: {_words(counted)}", highlight=False)
    else:
        _out.print(f"请服务重放 {len(found)} 封 / asked the service to replay {len(found)}: {_words(counted)}")
        _explain(counted)
    raise typer.Exit(0 if dry_run or set(counted) <= {_THROUGH} else 1)


async def _answered(letters: DeadLetters, ids: Sequence[str], within: float) -> list[DeadLetter]:
    """These letters, once the service has tried them all, or as they are when the time is up."""
    until = monotonic() + within
    while True:
        found = await letters.list(ids=ids, limit=_AT_ONCE) if ids else []
        if not any(letter.asked for letter in found) or monotonic() > until:
            return found
        await asyncio.sleep(_LOOK_EVERY)


def _outcome(letter: DeadLetter) -> str:
    """What came of its replay: `through`, `asked` (the service has not got to it), or the code it has now."""
    return _ASKED if letter.asked else _THROUGH if letter.replayed else letter.code


def _words(counted: Counter[str]) -> str:
    return "，".join(f"{_OUTCOMES.get(code, code)} {count}" for code, count in sorted(counted.items())) or "—"


def _explain(counted: Counter[str]) -> None:
    """What to do about those that are still there."""
    if _ASKED in counted:
        _out.print("请求已记下，服务启动后即办理 / it is noted; the service does it as soon as it runs")
    if set(counted) - {_ASKED, _THROUGH}:
        _out.print("其余仍在死信中，原因见 sihao dead show / the rest are still dead letters; see sihao dead show")


def _known(letter: DeadLetter | None, id_: str) -> DeadLetter:
    if letter is None:
        _err.print(f"[red]没有死信 {id_}，请用 sihao dead list 查看 / no dead letter {id_}; see sihao dead list[/red]")
        raise typer.Exit(2)
    return letter
