"""Feeds a contender from a process of its own, at once or at a steady rate: `python -m bench.fill sihao --count 1000`.

The platform, the floor and plain FastStream take the event from the exchange; a task queue gets its task by its own
client, since its messages have its own form.
"""

import asyncio
import importlib
import json
import os
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Annotated, cast

import typer

from bench.addresses import Addresses
from bench.contenders import CONTENDERS, Contender
from bench.frames import Publication
from bench.wire import Wire
from bench.workload import Sample, Workload, number_of
from dev.processes import leashed
from shared.contracts import ApplicationSubmitted
from shared.runtime.work import Fact

_WAVE = 500
Send = Callable[[list[tuple[str, bytes]]], None]
"""Sends messages, as (application, body); durable when it returns."""


@dataclass(frozen=True)
class Filled:
    """When each message was sent."""

    sent: Mapping[str, float]
    """Seconds since the epoch, by credit code; empty for a backlog."""


async def fill(
    contender: Contender, addresses: Addresses, seed: int, *, first: int, count: int, rate: float | None
) -> Filled:
    """Send messages `first` to `first + count` from another process."""
    command = [contender.python, "-m", "bench.fill", contender.name, "--seed", str(seed)]
    command += ["--first", str(first), "--count", str(count), *(["--rate", str(rate)] if rate else [])]
    child = await asyncio.create_subprocess_exec(
        *leashed(command), stdout=asyncio.subprocess.PIPE, env={**os.environ, **addresses.environment()}
    )
    out, _ = await child.communicate()
    if child.returncode:
        raise RuntimeError(f"{command} → {child.returncode}")
    return Filled(json.loads(out))


@contextmanager
def sending(contender: Contender, addresses: Addresses, workload: Workload) -> Iterator[Send]:
    """A way to send to a contender."""
    if contender.is_peer and contender.name != "faststream":
        opened = importlib.import_module(contender.module).sending
        with cast("Callable[[], AbstractContextManager[Callable[[str, bytes], None]]]", opened)() as send:

            def enqueue(messages: list[tuple[str, bytes]]) -> None:
                for _, body in messages:
                    send(str(uuid.uuid4()), body)

            yield enqueue
        return
    publications = [Publication.of(_fact(sample), sample.code) for sample in workload.samples]
    with Wire(addresses.amqp_url) as wire:
        wire.confirm()

        def publish(messages: list[tuple[str, bytes]]) -> None:
            codes = [application.rpartition("-")[2] for application, _ in messages]
            wire.publish(
                [
                    publications[number_of(code) % len(publications)].copy(str(uuid.uuid4()).encode(), code.encode())
                    for code in codes
                ]
            )

        yield publish


def _fact(sample: Sample) -> Fact:
    """The submission as intake would announce it."""
    event = sample.submitted
    at = event.receipt.at
    return Fact(
        id=str(uuid.uuid4()),
        type=ApplicationSubmitted.wire(),
        routing_key=event.routing_key,
        source=event.source,
        subject=event.subject,
        time=at.isoformat(),
        body=sample.body.decode(),
        trace={"traceparent": f"00-{uuid.uuid4().hex}-{uuid.uuid4().hex[:16]}-01"},
        entered=at,
        at=at,
    )


def main(
    name: str,
    count: Annotated[int, typer.Option()],
    first: int = 0,
    rate: Annotated[float, typer.Option(help="per second; 0: at once")] = 0,
    seed: int = 1,
) -> None:
    """Send, and print when each was sent."""
    workload = Workload(seed)
    messages = workload.messages(count, first)
    sent: dict[str, float] = {}
    with sending(CONTENDERS[name], Addresses.given(), workload) as send:
        if not rate:
            while wave := list(islice(messages, _WAVE)):
                send(wave)
        else:
            began = time.time()
            for n, message in enumerate(messages):
                time.sleep(max(0.0, began + n / rate - time.time()))
                sent[message[0].rpartition("-")[2]] = time.time()
                send([message])
    typer.echo(json.dumps(sent))


if __name__ == "__main__":
    typer.run(main)
