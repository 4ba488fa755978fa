"""`sihao dead`: the dead letters of one service, at the terminal of who runs it."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from typing import Annotated, NoReturn, TypeVar

import typer
from rich.console import Console
from rich.table import Table

from shared.kernel.calendar import time_words
from shared.runtime.amqp import BrokerError, Unroutable, sender
from shared.runtime.dead import DeadLetter, DeadLetters
from shared.runtime.mongo import Database, StoreError

T = TypeVar("T")

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
AmqpUrl = Annotated[
    str, typer.Option(envvar="SIHAO_AMQP_URL", help="消息队列地址 / AMQP URL of the broker", show_default=False)
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
    except Unroutable as error:
        _fail(f"队列 {error} 已不存在，请先启动该服务", f"queue {error} is gone; start the service first", error)
    except BrokerError as error:
        _fail("消息队列没有应答，请检查 --amqp-url", "the broker does not answer; check --amqp-url", error)


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
    }


@dead_app.command("list")
def list_letters(
    mongo_url: MongoUrl,
    database: DatabaseName,
    *,
    all_: Annotated[bool, typer.Option("--all", help="包括已重放的 / replayed ones too")] = False,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="最多几条 / at the most")] = 100,
    as_json: Json = False,
) -> None:
    """死信一览，新的在前 / The dead letters, newest first."""

    async def read() -> list[DeadLetter]:
        async with _letters(mongo_url, database) as letters:
            return await letters.list(all_=all_, limit=limit)

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
    amqp_url: AmqpUrl,
    ids: Annotated[list[str] | None, typer.Argument(metavar="[ID]…")] = None,
    *,
    all_: Annotated[bool, typer.Option("--all", help="全部未重放的 / all that were not replayed")] = False,
) -> None:
    """放回原队列重新处理；已生效的不会重复 / Put back into their queues; what took effect is not repeated."""
    if not ids and not all_:
        raise typer.BadParameter("请给出编号，或用 --all / name ids, or use --all")

    async def replay() -> list[str]:
        async with _letters(mongo_url, database) as letters, sender(amqp_url) as send:
            chosen = await letters.list(limit=10_000) if all_ else [_known(await letters.get(i), i) for i in ids or ()]
            for letter in chosen:
                await letters.replay(letter, send)
            return [letter.id for letter in chosen]

    done = _run(replay())
    _out.print(f"已重放 {len(done)} 封 / replayed {len(done)}: {' '.join(done)}", highlight=False)


def _known(letter: DeadLetter | None, id_: str) -> DeadLetter:
    if letter is None:
        _err.print(f"[red]没有死信 {id_}，请用 sihao dead list 查看 / no dead letter {id_}; see sihao dead list[/red]")
        raise typer.Exit(2)
    return letter
