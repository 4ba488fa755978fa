"""Clients who are slow, silent or too many hold nothing for ever; those on an honest slow line are served."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.support.platform import codes
from tests.support.served import LARGE, client, hung_up, served, turned_away
from tests.support.toy_bench import until

HURRIED = {"header_seconds": 0.4, "stall_seconds": 0.6, "min_rate": 20_000}
GET = b"GET /%s HTTP/1.1\r\nHost: x\r\n\r\n"


async def test_headers_that_trickle_in_are_given_up() -> None:
    before = turned_away("slow-headers")
    async with served(**HURRIED) as service:
        reader, writer = await service.connect()
        answer = asyncio.create_task(hung_up(reader))
        writer.write(b"GET /large HTTP/1.1\r\n")
        while not answer.done():
            writer.write(b"X-More: 1\r\n")
            await asyncio.sleep(0.05)
        said = (await answer).decode()
        assert said.startswith("HTTP/1.1 408 ")
        assert "retry-after: 5" in said
        assert '"code":"too-slow"' in said
        assert "太慢" in said
        writer.close()
    assert turned_away("slow-headers") == before + 1


async def test_who_connects_and_says_nothing_is_hung_up_on_without_a_word() -> None:
    async with served(**HURRIED) as service:
        reader, writer = await service.connect()
        assert await hung_up(reader) == b""
        writer.close()


async def test_the_next_request_of_a_kept_connection_is_not_waited_for_either() -> None:
    async with served(**HURRIED) as service:
        reader, writer = await service.connect()
        writer.write(GET % b"livez" + b"GET /li")
        said = asyncio.create_task(hung_up(reader))
        while not said.done():
            writer.write(b"v")
            await asyncio.sleep(0.05)
        assert (await said).startswith(b"HTTP/1.1 200")
        assert b"HTTP/1.1 408" in await said
        writer.close()


async def test_a_body_that_trickles_in_is_given_up() -> None:
    before = turned_away("slow-body")
    async with served(**HURRIED) as service:
        reader, writer = await service.connect()
        writer.write(
            b"POST /notes HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n"
        )
        status = asyncio.create_task(reader.readline())
        while not status.done():
            writer.write(b" ")
            await asyncio.sleep(0.05)
        assert (await status).startswith(b"HTTP/1.1 408 ")
        said = (await hung_up(reader)).decode()
        assert "retry-after: 5" in said
        assert '"code":"too-slow"' in said
        writer.close()
    assert turned_away("slow-body") >= before + 1


async def test_a_request_that_was_answered_early_may_not_send_its_body_for_ever() -> None:
    async with served(**HURRIED) as service:
        reader, writer = await service.connect()
        writer.write(b"POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n")
        said = asyncio.create_task(hung_up(reader))
        while not said.done():
            writer.write(b"x")
            await asyncio.sleep(0.05)
        assert (await said).startswith(b"HTTP/1.1 404")
        writer.close()


@pytest.mark.parametrize("path", [b"large", b"streamed"])
async def test_who_does_not_read_the_answer_is_hung_up_on(path: bytes) -> None:
    before = turned_away("slow-reader")
    async with served(**HURRIED) as service:
        reader, writer = await service.connect()
        writer.write(GET % path)

        async def noticed() -> bool:
            return turned_away("slow-reader") > before

        await until(noticed)
        assert len(await hung_up(reader)) < LARGE
        writer.close()


async def test_a_slow_but_steady_upload_arrives() -> None:
    async with served(**HURRIED) as service, client() as http:

        async def steady() -> AsyncIterator[bytes]:
            yield b'{"words": ["'
            for _ in range(30):
                await asyncio.sleep(0.05)
                yield b"x" * 2_500
            yield b'"]}'

        answer = await http.post(f"{service.url}/notes", content=steady(), headers={"Content-Type": "application/json"})
        assert answer.json() == 1


async def test_a_slow_but_steady_download_arrives() -> None:
    """What the system's buffers do not take is read in many small steps, far longer than a stall may last."""
    async with served(**HURRIED) as service:
        reader, writer = await service.connect()
        writer.write(GET % b"streamed" + GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n") % b"livez")
        total = 0
        while piece := await reader.read(1_000_000):
            total += len(piece)
            await asyncio.sleep(0.05)
        assert total > LARGE
        writer.close()


async def test_an_answer_that_is_not_found_in_time_is_said_to_be_so() -> None:
    async with served(request_seconds=0.3) as service, client() as http:
        for method, what in (("GET", "未办理"), ("POST", "Idempotency-Key")):
            answer = await http.request(method, f"{service.url}/waits")
            assert answer.status_code == 503
            assert answer.headers["Retry-After"] == "5"
            assert what in answer.text
            assert " / " in answer.json()["title"]


async def test_the_time_a_client_takes_is_not_counted_as_ours() -> None:
    async with served(request_seconds=0.3) as service, client() as http:

        async def slowly() -> AsyncIterator[bytes]:
            for piece in (b'{"words"', b": [", b"]", b"}"):
                await asyncio.sleep(0.2)
                yield piece

        answer = await http.post(f"{service.url}/notes", content=slowly(), headers={"Content-Type": "application/json"})
        assert answer.json() == 0


async def test_more_requests_than_can_be_at_work_are_turned_away_and_health_is_not() -> None:
    async with served(max_at_work=2) as service, client() as http:
        at_work = [asyncio.create_task(http.get(f"{service.url}/waits")) for _ in range(2)]
        answer = await http.get(f"{service.url}/nowhere")
        while answer.status_code != 503:
            answer = await http.get(f"{service.url}/nowhere")
        assert codes(answer) == ["busy"]
        assert answer.headers["Retry-After"] == "2"
        assert (await http.get(f"{service.url}/livez")).status_code == 200
        service.let_go.set()
        assert [one.status_code for one in await asyncio.gather(*at_work)] == [200, 200]


async def test_idle_connections_make_room_for_new_ones() -> None:
    async with served(max_connections=5) as service, client() as http:
        idle = [await service.connect() for _ in range(20)]
        assert (await http.get(f"{service.url}/livez")).status_code == 200
        closed = [reader for reader, _ in idle if await _is_over(reader)]
        assert closed == [reader for reader, _ in idle[:16]]
        for _, writer in idle:
            writer.close()


async def test_where_every_connection_is_at_work_the_next_is_told_so() -> None:
    async with served(max_connections=2) as service, client() as http:
        at_work = [await service.connect() for _ in range(2)]
        for _, writer in at_work:
            writer.write(GET % b"waits")
        answer = await http.get(f"{service.url}/livez")
        while answer.status_code != 503:
            answer = await http.get(f"{service.url}/livez")
        assert codes(answer) == ["busy"]
        service.let_go.set()
        for reader, writer in at_work:
            assert (await reader.readline()).startswith(b"HTTP/1.1 200")
            writer.close()


async def _is_over(reader: asyncio.StreamReader) -> bool:
    try:
        async with asyncio.timeout(0.2):
            return await reader.read(1) == b""
    except TimeoutError:
        return False
    except ConnectionError:
        return True
