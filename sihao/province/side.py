"""Which side of a move a command is run at: its store, its key, whom it believes; and how it says what is wrong."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import typer
from pymongo.errors import OperationFailure

from services.review.settings import ReviewSettings
from services.review.store import KINDS
from shared.contracts.area import CENTRE
from shared.kernel.change import Refused
from shared.runtime.amqp import BrokerError, Missing
from shared.runtime.clock import make_clock
from shared.runtime.dead import DeadLetters
from shared.runtime.mongo import Database, StoreError
from shared.runtime.settings import KeySettings
from shared.runtime.signing import Signer, WrongKeyFile
from shared.runtime.trust_file import centre_keys, own_key
from shared.runtime.trusted import KEYS
from sihao.province import terminal
from sihao.province.moving import Desk
from sihao.province.terminal import err, fail, province

_NOT_ALLOWED = 13
"""MongoDB's `Unauthorized`."""


def jurisdictions_of(areas: str) -> tuple[str, ...]:
    """The jurisdictions of this side's review."""
    try:
        return ReviewSettings.model_construct(areas=",".join(_parsed(areas))).jurisdictions
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="SIHAO_AREAS") from error


def _parsed(areas: str) -> list[str]:
    return [area if area == CENTRE else province(area) if len(area) == len("35") else area for area in areas.split(",")]


def scope_of(jurisdictions: tuple[str, ...]) -> str:
    """How the names of its queues end."""
    return ReviewSettings.model_construct(areas=",".join(jurisdictions)).scope


def side_of(jurisdictions: tuple[str, ...]) -> str:
    """`CN`, or the province."""
    return CENTRE if CENTRE in jurisdictions else province(jurisdictions[0][:2])


@asynccontextmanager
async def _desk(mongo_url: str, name: str, side: str) -> AsyncIterator[Desk]:
    settings = KeySettings()
    signer = Signer.load(settings)
    if signer is None:
        fail("请设 SIHAO_SIGNING_KEY：移交文件须签名", "set SIHAO_SIGNING_KEY: what is handed over is signed")
    clock_file = os.environ.get("SIHAO_CLOCK_FILE")
    store = Database(mongo_url, name)
    try:
        await store.prepare(KINDS)
        await DeadLetters(store).prepare()
        registered = dict(await store.find(KEYS, {}))
        given = centre_keys(settings.trust) if settings.trust else {}
        known = {signer.kid: own_key(signer, side), **given, **registered}
        yield Desk(
            side,
            store,
            make_clock(Path(clock_file) if clock_file else None),
            signer,
            known,
            lambda zh, en: err.print(f"{zh} / {en}"),
        )
    finally:
        store.close()


def run_at(mongo_url: str, name: str, side: str, work: Callable[[Desk], Awaitable[None]]) -> None:
    """Do it; what is wrong is told in plain words."""

    async def awaited() -> None:
        async with _desk(mongo_url, name, side) as desk:
            await work(desk)

    try:
        asyncio.run(awaited())
    except Refused as refusal:
        for one in refusal.problems:
            err.print(f"[red]{one.rule}[/red]\n    → {one.remedy.zh}\n    → {one.remedy.en}")
        raise typer.Exit(terminal.WRONG) from refusal
    except WrongKeyFile as error:
        fail(str(error.problem.rule), str(error.problem.remedy))
    except OperationFailure as error:
        if error.code != _NOT_ALLOWED:
            raise
        fail("数据库账号须有该库的 dbAdmin 角色", "the store's user needs the role dbAdmin on this database")
    except StoreError:
        fail("数据库没有应答；恢复后重新运行本命令即可", "the store does not answer; run this again when it does")
    except Missing as error:
        fail(f"没有队列 {error}", f"there is no queue {error}")
    except BrokerError:
        fail("消息队列没有应答；恢复后重新运行本命令即可", "the broker does not answer; run this again when it does")
