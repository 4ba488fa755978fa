"""Bodies made to hurt: refused in words, at a bounded price. Memory is what the kernel says of the process.

The bounds are stated here: `TO_READ_A_LIST` for files that unfold, `TO_READ_A_BODY` for everything that is not a file.
"""

import asyncio
import gzip
import json
import re
from collections.abc import AsyncIterator, Mapping
from itertools import cycle
from pathlib import Path
from typing import Any

import httpx2
import pytest

from shared.contracts import ApplicationSubmitted
from tests.integration.test_access import OFFICERS
from tests.integration.test_fuzz import SERVICES
from tests.support.bombs import bombs
from tests.support.platform import Platform, announce, codes, example, lone_scoring
from tests.support.toy_bench import until

TO_READ_A_LIST = 300
"""MB by which intake may grow while one bomb is read."""
TO_READ_A_BODY = 150
"""MB by which a service may grow while it is sent hostile bodies, many at a time."""
AT_ONCE = 20

DEEP = b"[" * 400_000
BODIES: Mapping[str, bytes] = {
    "deep lists": DEEP,
    "deep objects": b'{"a":' * 150_000,
    "deep and closed": b"[" * 100_000 + b"]" * 100_000,
    "a number of 10,000 digits": b'{"limit": ' + b"9" * 10_000 + b"}",
    "a number beyond all": b'{"limit": 1e999999, "number": -1e999999}',
    "not a number": b'{"limit": NaN, "number": Infinity}',
    "very many small things": b"[" + b"{}," * 300_000 + b"{}]",
    "very many names": b"{" + b",".join(b'"k%d":0' % n for n in range(80_000)) + b"}",
    "one long text": b'{"text": "' + b"a" * 900_000 + b'"}',
    "half a character": b'{"text": "\\ud800", "\\udfff": 1}',
    "nul characters": b'{"text": "a\\u0000b", "a\\u0000b": "\\u0000"}',
    "not UTF-8": b'{"text": "\xff\xfe\xfa"}',
    "nothing": b"",
    "a name twice": b'{"round": "a", "round": {"$gt": ""}}',
    "an operator": b'{"round": {"$ne": null}, "$where": "sleep(1000)"}',
}
TEXTS = ["\0", "a\0b", "\ud800", "\u202etxet", "a" * 3_000, "../../etc/passwd", "%00", "{}", "$ne", "𝕊" * 50, "ﬀ", " "]


class Memory:
    """The greatest memory of a process since it was last asked."""

    def __init__(self, pid: int) -> None:
        self._process = Path(f"/proc/{pid}")
        (self._process / "clear_refs").write_text("5")
        self._before = self._peak()

    @property
    def grown(self) -> int:
        """MB."""
        return (self._peak() - self._before) // 1024

    def _peak(self) -> int:
        status = (self._process / "status").read_text()
        return int(re.findall(r"VmHWM:\s+(\d+) kB", status)[0])


def memory_of(platform: Platform, service: str) -> Memory:
    pid = next(child.pid for child in platform.stand.processes if child.name == service)
    assert pid
    return Memory(pid)


@pytest.fixture(scope="module", params=bombs().items(), ids=lambda bomb: bomb[0])
def bomb(request: pytest.FixtureRequest) -> bytes:
    """One of them."""
    content: bytes = request.param[1]
    return content


async def test_a_list_that_unfolds_is_refused_at_a_bounded_price(platform: Platform, bomb: bytes) -> None:
    memory = memory_of(platform, "intake")
    officer = platform.token("officer", area="CN")
    files = {"file": ("list.xlsx", bomb)}
    answer = await platform.call("POST", "intake", "/chambers/import", token=officer, files=files, timeout=60)
    assert answer.status_code in {413, 422}
    assert codes(answer)
    assert len(answer.content) < 1_000_000
    assert memory.grown < TO_READ_A_LIST


@pytest.mark.parametrize("name", BODIES)
async def test_no_endpoint_stumbles_over_a_body(platform: Platform, name: str) -> None:
    memories = {service: memory_of(platform, service) for service in SERVICES}
    tokens = [
        platform.token("officer", area=OFFICERS[0]),
        platform.token("operator"),
        platform.token("secretary", chamber="51350200YY0000052Q"),
    ]
    room = asyncio.Semaphore(AT_ONCE)

    async def send(service: str, method: str, path: str, token: str) -> tuple[str, int]:
        async with room:
            answer = await platform.call(
                method,
                service,
                re.sub(r"{[^}]*}", "none", path),
                token=token,
                content=BODIES[name],
                headers={"Content-Type": "application/json"},
                timeout=60,
            )
        return f"{service} {method} {path}", answer.status_code

    writing = [
        (service, method.upper(), path)
        for service, description in SERVICES.items()
        for path, item in description["paths"].items()
        for method in item
        if method != "get"
    ]
    turns = zip(writing, cycle(tokens), strict=False)
    answers = await asyncio.gather(*(send(*operation, token) for operation, token in turns))
    assert [answer for answer in answers if answer[1] >= 500] == []
    assert {service: m.grown for service, m in memories.items() if m.grown >= TO_READ_A_BODY} == {}


async def test_a_compressed_body_is_refused_unopened(platform: Platform) -> None:
    memory = memory_of(platform, "intake")
    packed = gzip.compress(bytes(200_000_000))
    headers = {"Content-Encoding": "gzip", "Content-Type": "application/json"}
    for method in ("POST", "PUT", "PATCH"):
        answer = await platform.call(method, "intake", "/rounds/any", content=packed, headers=headers)
        assert answer.status_code == 415
        assert codes(answer) == ["encoding"]
    assert memory.grown < TO_READ_A_BODY


async def test_a_form_of_very_many_parts_is_refused(platform: Platform) -> None:
    memory = memory_of(platform, "intake")
    officer = platform.token("officer", area="CN")
    for files in ([("file", ("a.csv", b"x"))] * 500, [("file", ("a.csv", b"x"))]):
        parts: dict[str, Any] = {"files": files, "data": {f"field{n}": "x" for n in range(5_000)}}
        answer = await platform.call("POST", "intake", "/chambers/import", token=officer, **parts)
        assert answer.status_code == 400
    assert memory.grown < TO_READ_A_BODY


async def test_a_body_without_end_is_cut_off(platform: Platform) -> None:
    memory = memory_of(platform, "intake")

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(2_000):
            yield bytes(100_000)

    headers = {"Content-Type": "application/json"}
    try:
        answer = await platform.call("PUT", "intake", "/rounds/any", content=endless(), headers=headers)
    except httpx2.TransportError:
        pass  # it hung up on us while we were still sending: that is one way to cut it off
    else:
        assert answer.status_code == 413
    assert memory.grown < TO_READ_A_BODY


AT_ONCE = 3
"""Parameters in one address: the client writes none of more than 64 KiB."""


async def test_texts_that_are_none_in_addresses_and_queries(platform: Platform) -> None:
    operator = platform.token("operator")
    wrong = []
    for service, description in SERVICES.items():
        for path, item in description["paths"].items():
            if "get" not in item:
                continue
            asked = [parameter["name"] for parameter in item["get"].get("parameters", []) if parameter["in"] == "query"]
            for text in TEXTS:
                written = _percent(text)
                address = re.sub(r"{[^}]*}", written, path)
                for first in range(0, max(len(asked), 1), AT_ONCE):
                    query = "&".join(f"{name}={written}" for name in asked[first : first + AT_ONCE])
                    answer = await platform.call("GET", service, f"{address}?{query}", token=operator)
                    if answer.status_code >= 500:
                        wrong.append((service, path, query[:80], answer.status_code))
    assert wrong == []


async def test_messages_made_to_hurt_are_put_aside_and_the_next_is_scored(platform: Platform) -> None:
    """The same on the bus, where a body may be larger: nothing of it stops the queue."""
    sound = json.loads(example(ApplicationSubmitted))
    absurd = [
        json.dumps({**sound, "facts": {"B2.i": {"visited": "@"}}}).replace('"@"', number).encode()
        for number in ("1e999999", "9" * 10_000, "NaN", '"\\ud800"', '"a\\u0000b"', '{"a\\u0000": 1}')
    ]
    bodies = [*absurd, *BODIES.values(), b"[" * 5_000_000]
    async with lone_scoring(platform) as lone:
        memory = Memory(lone.process.pid or 0)
        await announce(lone.amqp_url, ApplicationSubmitted, [(f"hostile-{n}", body) for n, body in enumerate(bodies)])

        async def emptied() -> bool:
            metrics = (await platform.client.get(f"{lone.url}/metrics")).text
            taken = re.findall(
                r'sihao_messages_total\{event="application.submitted.v1",outcome="(\w+)"\} (\d+)', metrics
            )
            return sum(int(count) for _, count in taken) >= len(bodies)

        await until(emptied, within=60)
        assert (await platform.client.get(f"{lone.url}/livez")).status_code == 200
        assert (await platform.client.get(f"{lone.url}/readyz")).status_code == 200
        assert memory.grown < TO_READ_A_BODY


def _percent(text: str) -> str:
    """As bytes in an address, also where it is no character."""
    return "".join(f"%{byte:02x}" for byte in text.encode("utf-8", "surrogatepass"))
