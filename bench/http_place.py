"""Where HTTP is measured: drafts to hand in, applications with a timeline, cases to list; services; tokens."""

import asyncio
import json
import os
import secrets
import sys
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TypeVar

from pymongo import MongoClient
from pymongo.collection import Collection

from bench.accepting import Applicants
from bench.stages import PROVINCE, STAGES, Document, seeded
from bench.workload import Workload
from dev.backends import Backends
from dev.issuer import AUDIENCE, Issuer
from dev.ports import LOOPBACK, free_port
from dev.processes import Child, Processes
from dev.unlimited import UNLIMITED
from services.intake.domain.chamber import RegisteredChamber
from services.intake.store import APPLICATIONS, CHAMBERS, ROUNDS
from services.review.store import CASES
from shared.kernel.actor import Actor
from shared.kernel.canonical import digest
from shared.kernel.history import GENESIS, append

T = TypeVar("T")
_PAGE = 1000
_CITIES = tuple(f"350{n}" for n in range(1, 10))
"""Over which the cases are spread."""
SERVICES = ("intake", "scoring", "review")


class HttpPlace:
    """A virtual host, databases and a token issuer of our own."""

    def __init__(self, amqp_url: str, mongo_url: str, prefix: str, issuer: Issuer, seed: int) -> None:
        self.amqp_url = amqp_url
        self.mongo_url = mongo_url
        self.prefix = prefix
        self.issuer = issuer
        self.workload = Workload(seed)
        self.applicants = Applicants(self.workload)
        self.store: MongoClient[Document] = MongoClient(mongo_url)

    def database(self, service: str) -> str:
        """The name of a service's database."""
        return f"{self.prefix}_{service}"

    def collection(self, service: str, name: str) -> Collection[Document]:
        """One of a service's collections."""
        return self.store[self.database(service)][name]

    def secretary(self, n: int) -> str:
        """The token of the n-th chamber's secretary."""
        code = self.workload.code(n)
        return self.issuer.token(f"secretary-{code}", roles=["secretary"], chamber=code)

    def officer(self, n: int) -> str:
        """The token of the n-th of the province's officers."""
        return self.issuer.token(f"officer-{n}", roles=["officer"], area=PROVINCE)

    def prepare(self, drafts: int, cases: int) -> None:
        """Put the round, so many drafts and so many cases into the stores."""
        planned = self.applicants.planned
        self.collection("intake", ROUNDS.collection).insert_one(seeded(planned.round.code, planned))
        for numbers in _pages(range(drafts)):
            self.collection("intake", CHAMBERS.collection).insert_many(map(self._chamber, numbers), ordered=False)
            self.collection("intake", APPLICATIONS.collection).insert_many(map(self._draft, numbers), ordered=False)
        for service in ("scoring", "review"):
            for collection, (key, state) in self.workload.states(service).items():
                self.collection(service, collection).insert_one(seeded(key, state))
        for page in _pages(self._cases(cases)):
            self.collection("review", CASES.collection).insert_many(page, ordered=False)

    def _chamber(self, n: int) -> Document:
        chamber = self.applicants.chamber(n)
        return seeded(chamber.code, RegisteredChamber(chamber=chamber, source="bench", as_of=datetime.now(UTC)))

    def _draft(self, n: int) -> Document:
        """A draft with the history it would have."""
        application = self.applicants.application(n)
        document = seeded(application.id, application)
        by = Actor(id=f"secretary-{application.chamber.code}", role="secretary", chamber=application.chamber.code)
        begun = append(
            GENESIS,
            n=1,
            at=application.started_at.isoformat(),
            what="begin",
            by=by,
            cause=f"begin-{n}",
            content=digest({}),
            facts=(),
            state=document["state"],
        )
        return {**document, "heard": [begun.cause], "history": [begun.model_dump(mode="json")]}

    def _cases(self, count: int) -> Iterator[Document]:
        """Cases as the review service opens them, of chambers numbered from the far end."""
        position = list(STAGES).index("review")
        templates = [json.dumps(sample.steps[position].documents[0], default=str) for sample in self.workload.samples]
        for n in range(count):
            sample, template = self.workload.samples[n % len(templates)], templates[n % len(templates)]
            document = json.loads(template.replace(sample.code, self.workload.code(900_000 - n)))
            document.pop("due", None)
            document["state"]["chamber"]["area"] = _CITIES[n % len(_CITIES)]
            yield {**document, "outbox": []}


@asynccontextmanager
async def http_place(backends: Backends, seed: int) -> AsyncIterator[HttpPlace]:
    """Such a place; removed at the end."""
    async with backends.fresh_vhost() as amqp_url:
        with Issuer() as issuer:
            place = HttpPlace(amqp_url, backends.mongo_url, f"bench_{secrets.token_hex(4)}", issuer, seed)
            try:
                yield place
            finally:
                for service in SERVICES:
                    place.store.drop_database(place.database(service))
                place.store.close()


@asynccontextmanager
async def serving(place: HttpPlace, names: Sequence[str], logs: Path) -> AsyncIterator[dict[str, tuple[str, Child]]]:
    """Services and the bare application by name, each as (address, process)."""
    async with Processes(logs / "http", grace=5.0) as processes:

        async def start(name: str) -> tuple[str, Child]:
            url = f"http://{LOOPBACK}:{free_port()}"
            command = [sys.executable, "-m", f"services.{name}"] if name in SERVICES else _bare(url)
            ready = f"{url}/readyz"
            return url, await processes.start(name, command, env=_told(place, name, url), ready_url=ready, within=120)

        found = await asyncio.gather(*map(start, names))
        yield dict(zip(names, found, strict=True))


def _bare(url: str) -> list[str]:
    options = ["--host", LOOPBACK, "--port", url.rpartition(":")[2], "--no-access-log", "--log-level", "warning"]
    return [sys.executable, "-m", "uvicorn", "bench.peers.bare_app:make_app", "--factory", *options]


def _told(place: HttpPlace, name: str, url: str) -> dict[str, str]:
    return {
        **os.environ,
        "SIHAO_AMQP_URL": place.amqp_url,
        "SIHAO_MONGO_URL": place.mongo_url,
        "SIHAO_DATABASE": place.database(name) if name in SERVICES else place.prefix,
        "SIHAO_RABBIT_API_URL": "",
        "SIHAO_OIDC_ISSUER": place.issuer.url,
        "SIHAO_OIDC_JWKS_URL": place.issuer.jwks_url,
        **UNLIMITED,
        "SIHAO_OIDC_AUDIENCE": AUDIENCE,
        "SIHAO_PORT": url.rpartition(":")[2],
        "SIHAO_LOG_LEVEL": "WARNING",
        "SIHAO_AREAS": PROVINCE,
        "SIHAO_EXPORT_EVERY": "0.1",
    }


def _pages(items: Iterable[T]) -> Iterator[list[T]]:
    rest = iter(items)
    while page := list(islice(rest, _PAGE)):
        yield page
