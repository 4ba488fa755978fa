"""A service: its store, its lane, its relay, its clock and its HTTP edge, started and stopped together.

HTTP is up first: an intake without a broker still accepts applications, since accepting needs only the store. The order
of stopping is the reverse: no new requests, no new messages, what is in hand is finished, then the connections close.
"""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any

from fastapi import APIRouter, FastAPI
from faststream.rabbit import RabbitBroker

from shared.contracts import CATALOGUE, CENTRE
from shared.contracts.text import Text, text
from shared.runtime import consuming, garbage, logs, metrics, telemetry
from shared.runtime.amqp import Missing, Publisher, with_heartbeat
from shared.runtime.answering import Counterpart
from shared.runtime.archive import archive_bindings, declare_archive
from shared.runtime.book import Book
from shared.runtime.catching_up import CatchingUp
from shared.runtime.clock import make_clock
from shared.runtime.commands import Commands
from shared.runtime.dead import DeadLetters
from shared.runtime.deadlines import Deadlines
from shared.runtime.documents import Documents
from shared.runtime.guard import Guard
from shared.runtime.handlers import HandlerTable
from shared.runtime.health import Health
from shared.runtime.http import create_http
from shared.runtime.kinds import Kind
from shared.runtime.lane import Lane
from shared.runtime.limits import check_delivery_limits
from shared.runtime.measuring import Measuring
from shared.runtime.mongo import Database
from shared.runtime.office import Office
from shared.runtime.pace import Pace
from shared.runtime.recollection import Restorable
from shared.runtime.reconciling import Reconciler
from shared.runtime.recovering import Recovery
from shared.runtime.relay import Relay
from shared.runtime.release import RELEASE, contracts_digest
from shared.runtime.settings import Settings
from shared.runtime.signing import Signer
from shared.runtime.tasks import Tasks
from shared.runtime.tokens import Verifier
from shared.runtime.topology import mark_of
from shared.runtime.trusted import KEYS
from shared.runtime.waiting_room import WaitingRoom

log = logs.get_logger(__name__)

_GRACE = 15.0
"""Seconds that a stopping service gives what is in hand."""
_PROVINCE = 2
"""Digits of a province's area."""
_MEASURE_EVERY = 5.0
"""Seconds between two looks at the depth of the queues."""
_MEASURE_BEHIND = 1.0
"""The same while it is catching up."""
_PROVINCE_RATE = 200.0
"""Facts per second that a province sends after it was away, unless it is told otherwise. Our default."""
_DECLARED_EVERY = 600.0
"""Seconds between two declarations of a topology that stands."""
_OUTBOX_ALARM = timedelta(seconds=60)
"""A fact that waits longer than this is told at `/readyz`: somebody should look."""


class Service:
    """One running service."""

    def __init__(self, name: str, settings: Settings, kinds: Sequence[Kind[Any]], *, scope: str = "") -> None:
        """A service called `name`, owning documents of `kinds`; `scope` names the jurisdiction it serves, if any."""
        self.name = name
        self.scope = scope
        self.settings = settings
        self.clock = make_clock(settings.clock_file)
        self.database = Database(settings.mongo_url.get_secret_value(), settings.database)
        self.health = Health()
        self._kinds = kinds
        self._url = settings.amqp_url.get_secret_value()
        self._broker = RabbitBroker(
            with_heartbeat(self._url),
            app_id=name,
            fail_fast=False,
            reconnect_interval=1.0,
            logger=logging.getLogger("faststream"),
        )
        self.signer = Signer.load(settings)
        self.guard = Guard.load(settings, self.signer, self.database, name, scope)
        self.publisher = Publisher(self._broker, timeout=settings.publish_timeout, signer=self.signer)
        self._documents = Documents(self.database, self.clock)
        self.book = Book(self.database, days=settings.reconcile_days, at_centre=self._at_centre) if self.guard else None
        self.relay = Relay(
            self.database,
            self.publisher,
            kinds,
            sweep_every=settings.sweep_every,
            sweep_age=settings.sweep_age,
            may_go_unheard=[event.wire() for event in CATALOGUE if event.may_go_unheard],
            pace=Pace(settings.catch_up_rate or (None if self._at_centre else _PROVINCE_RATE)),
            keep=self.book.keep if self.book else None,
        )
        self.commands = Commands(self.database, self._documents, self.relay, batch_limit=settings.batch_limit)
        self.dead_letters = DeadLetters(self.database)
        self._tasks = Tasks(self.health)
        self._once: list[Callable[[], Awaitable[None]]] = []
        self._lane: Lane | None = None
        self._catching_up: CatchingUp | None = None
        self._reconciler: Reconciler | None = None
        self._table = HandlerTable(name, scope=scope)
        self._before_hearing: Callable[[], Awaitable[None]] | None = None

    def listen(self, table: HandlerTable, *, after: Callable[[], Awaitable[None]] | None = None) -> None:
        """Hear the events of this table; with `after` not before that has returned."""
        self._table = table
        self._before_hearing = after
        self._lane = Lane(
            table,
            url=self._url,
            clock=self.clock,
            documents=self._documents,
            dead_letters=self.dead_letters,
            relay=self.relay,
            publisher=self.publisher,
            batch_limit=self.settings.batch_limit,
            prefetch=self.settings.prefetch,
            patience=self.settings.patience,
            guard=self.guard,
            introduction={
                consuming.SERVICE: self.name,
                consuming.SCOPE: self.scope,
                consuming.KID: self.signer.kid if self.signer else "",
            },
        )
        settings = self.settings
        self._catching_up = CatchingUp(
            self._lane, self.clock, late=settings.catch_up_late, settle=settings.catch_up_settle
        )

    def reconcile(self, restorable: Restorable | None = None) -> None:
        """Keep books with the provinces, or, in a province that tells how its store is restored, with the centre.

        Without keys there is nobody whose word could be compared, and nothing is done.
        """
        if self.guard is None or self.book is None or self._lane is None:
            return
        office = Office(self.database, self.book, self.commands, self.clock, self.publisher, self.settings)
        if self._at_centre:
            counterpart = Counterpart(self._table, office, dead_letters=self.dead_letters, signer=self.signer)
            self.task("reconciliation", counterpart.run)
        elif restorable is not None and len(self.scope) == _PROVINCE:
            recovery = Recovery(
                restorable,
                database=self.database,
                documents=self._documents,
                guard=self.guard,
                lane=self._lane,
                dead_letters=self.dead_letters,
                book=self.book,
            )
            self._reconciler = Reconciler(self.scope, self._table, self._kinds, office, recovery)
            self.task("reconciliation", self._reconciler.run)
            self.health.add("recovery", _forgotten(self._reconciler), advisory=True)

    def task(self, name: str, forever: Callable[[], Awaitable[None]]) -> None:
        """Supervised work in the background."""
        self._tasks.add(name, forever)

    def startup(self, once: Callable[[], Awaitable[None]]) -> None:
        """Work to be done once, when the store answers; begun again until it succeeds, so harmless to repeat."""
        self._once.append(once)

    def http(self, *, title: Text, description: Text, routers: Sequence[APIRouter]) -> FastAPI:
        """The HTTP application, in whose life the whole service lives."""

        @asynccontextmanager
        async def life(_: FastAPI) -> AsyncIterator[None]:
            async with self.running():
                yield

        return create_http(
            title,
            "1",
            routers=routers,
            lifespan=life,
            verifier=Verifier(self.settings),
            health=self.health,
            description=description,
            edge=self.settings,
        )

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """From start to stop."""
        logs.setup(self.name, self.settings.log_level)
        telemetry.setup(self.name, f"{socket.gethostname()}-{self.scope or 'all'}")
        self._background()
        self._checks()
        garbage.settle()
        metrics.BUILD.labels(self.scope, RELEASE, contracts_digest()).set(1)
        self._tasks.start()
        log.info("service started", service=self.name, scope=self.scope, signs=self.signer and self.signer.kid)
        if self.guard is None:
            log.warning("signatures are not verified: SIHAO_TRUST is not set", service=self.name)
        try:
            yield
        finally:
            await self._finish()
            await self._tasks.stop()
            with suppress(TimeoutError):
                async with asyncio.timeout(_GRACE):
                    await self._broker.stop()
            self.database.close()
            telemetry.shutdown()

    async def _finish(self) -> None:
        """Let the batch in hand be committed, published and acknowledged, and outboxes be cleared; take no other."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_GRACE):
                if self._lane:
                    await self._lane.between_batches.acquire()
                await self.relay.finish()

    def _background(self) -> None:
        deadlines = Deadlines(
            self.database,
            self._documents,
            self.relay,
            clock=self.clock,
            kinds=self._kinds,
            every=self.settings.sweep_every,
            behind=lambda: self._catching_up is not None and self._catching_up.behind,
            held=timedelta(days=self.settings.hold_deadlines_days),
            forgotten=lambda: self.commands.forgotten,
        )
        self.task("store", self._prepare)
        self.task("bus", self._connect)
        self.task("commands", self.commands.run)
        self.task("post", self.relay.post)
        self.task("clear", self.relay.clear)
        self.task("sweep", self.relay.sweep)
        self.task("probe", self.relay.probe)
        self.task(
            "measure", Measuring(self.database, self.health, self.clock, self.dead_letters.measure, self._lane).run
        )

        async def let_time_act() -> None:
            if self._reconciler:
                await self._reconciler.knows_what_it_forgot()
            await deadlines.run()

        self.task("deadlines", let_time_act)
        if self._lane:
            room = WaitingRoom(
                self.dead_letters,
                self._lane,
                patience=self.settings.patience,
                every=self.settings.sweep_every,
                limit=self.settings.batch_limit,
            )
            self.task("lane", self._hear)
            self.task("waiting room", room.run)
        if self._catching_up:
            self.task("catching up", self._catching_up.run)

    async def _hear(self) -> None:
        if self._before_hearing:
            await self._before_hearing()
        if self._lane:
            await self._lane.run()

    async def _prepare(self) -> None:
        """Create indexes and do what is to be done once; then rest."""
        await self.database.prepare(self._kinds)
        await self.dead_letters.prepare()
        if self.guard:
            await self.guard.prepare()
        if self.book:
            await self.book.prepare()
        for once in self._once:
            await once()
        self._prepared = True
        await _rest()

    async def _connect(self) -> None:
        """Connect, see that the topology stands and no queue can drop messages; then measure and mend it for ever."""
        if not self.publisher.ready.is_set():
            if not await self.publisher.stands(self._mark()):
                await self._declare()
            await self.publisher.connect()
            if self.settings.rabbit_api_url:
                await check_delivery_limits(self.settings.rabbit_api_url.get_secret_value(), self._url, self._table)
            self.publisher.ready.set()
        declared = monotonic()
        while True:
            try:
                await self._measure()
                if monotonic() - declared > _DECLARED_EVERY:  # a binding that somebody took away cannot be seen
                    await self._declare()
                    declared = monotonic()
            except Missing as gone:
                log.warning("declaring the topology again", missing=str(gone))
                await self._declare()
            behind = self._catching_up is not None and self._catching_up.behind
            await asyncio.sleep(_MEASURE_BEHIND if behind else _MEASURE_EVERY)

    async def _measure(self) -> None:
        """How much waits in the queues, and whether the link to the centre is up."""
        depths = await self.publisher.depths(self._table)
        for queue, depth in depths.items():
            metrics.QUEUE_DEPTH.labels(queue).set(depth)
        if self._catching_up and self._lane:
            self._catching_up.in_queues = sum(depths[queue] for queue in self._lane.queues)
            link = self.settings.link_queue
            self._catching_up.linked = not link or await self.publisher.consumers(link) > 0

    async def _declare(self) -> None:
        """The queues, then the archive: once that hears a fact, its sender takes it for heard. Then the mark."""
        settings, archived = self.settings, True
        await self.publisher.declare(self._table)
        if self._has_archive:
            days, size, timeout = settings.archive_days, settings.archive_bytes, settings.publish_timeout
            archived = await declare_archive(self._broker, self._table, days=days, size=size, timeout=timeout)
        if archived:
            await self.publisher.leave(self._mark())

    @property
    def _at_centre(self) -> bool:
        return self.scope in ("", CENTRE)

    @property
    def _has_archive(self) -> bool:
        return self._at_centre if self.settings.archive is None else self.settings.archive

    def _mark(self) -> str:
        return mark_of(self._table, archive_bindings(self._table) if self._has_archive else ())

    _prepared = False

    def _checks(self) -> None:
        async def store() -> Text | None:
            await self.database.ping()
            return None if self._prepared else text("正在准备数据库", "the store is being prepared")

        async def consumers() -> Text | None:
            if self._lane is None or self._lane.consuming:
                return None
            return text("未在接收消息", "not consuming")

        async def outbox() -> Text | None:
            oldest = self.relay.oldest
            if oldest is None or datetime.now(UTC) - oldest < _OUTBOX_ALARM:
                return None
            return text(f"自 {oldest:%H:%M:%S}Z 起有事实未能发出", f"facts wait unsent since {oldest:%H:%M:%S}Z")

        async def signatures() -> Text | None:
            if await self.database.find(KEYS, {}, limit=1):
                return text(
                    "已有登记的密钥，本服务未设 SIHAO_TRUST，不核验签名",
                    "keys are registered; without SIHAO_TRUST this service verifies no signature",
                )
            return None

        if self.guard is None:
            self.health.add("signatures", signatures, advisory=True)
        self.health.add("store", store)
        self.health.add("consumers", consumers, for_requests=False)
        if self._catching_up:
            self.health.add("catching up", self._catching_up.check, advisory=True)
        self.health.add("outbox", outbox, advisory=True)  # a fact that nobody hears must not close the doors


def _forgotten(reconciler: Reconciler) -> Callable[[], Awaitable[Text | None]]:
    async def recovery() -> Text | None:
        count = len(reconciler.forgotten)
        if not count:
            return None
        return text(
            f"数据库由备份恢复，{count} 条已宣布的事实正在找回，所涉案件暂不受理",
            f"restored from a backup: {count} announced facts are being recovered; their cases take no decisions",
        )

    return recovery


async def _rest() -> None:
    await asyncio.Event().wait()
