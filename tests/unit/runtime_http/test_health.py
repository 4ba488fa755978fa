"""Alive, and ready: what is asked, what is answered."""

import asyncio

import pytest
from fastapi.testclient import TestClient

from shared.contracts.text import Text, text
from shared.runtime.health import Health


async def well() -> None:
    return None


async def test_ready_when_every_check_is_well(health: Health) -> None:
    health.add("store", well)
    health.add("consumers", well)
    report = await health.ready()
    assert report.ok
    assert [finding.name for finding in report.checks] == ["store", "consumers"]
    assert report.response().status_code == 200


async def test_requests_need_no_broker_but_being_at_work_does(health: Health) -> None:
    async def away() -> Text:
        return text("未在接收消息", "not consuming")

    health.add("store", well)
    health.add("consumers", away, for_requests=False)
    health.add("outbox", away, advisory=True)
    assert (await health.ready()).ok
    assert not (await health.at_work()).ok
    health.add("consumers", well, for_requests=False)
    assert (await health.at_work()).ok
    assert [one.ok for one in (await health.at_work()).checks] == [True, True, False]


async def test_every_way_of_not_being_ready(health: Health) -> None:
    async def full() -> Text:
        return text("积压 900 秒", "900 s behind")

    async def broken() -> None:
        raise ConnectionError("mongodb://user:secret@host")

    async def asleep() -> None:
        await asyncio.sleep(60)

    for name, check in {"store": well, "outbox": full, "broker": broken, "queue": asleep}.items():
        health.add(name, check)
    report = await health.ready()
    assert not report.ok
    assert {finding.name: str(finding.why) for finding in report.checks if not finding.ok} == {
        "outbox": "积压 900 秒 / 900 s behind",
        "broker": "检查失败（ConnectionError） / the check failed (ConnectionError)",
        "queue": "0.05 秒内无应答 / no answer within 0.05 s",
    }


@pytest.mark.parametrize("end", ["returns", "raises", "is cancelled"])
async def test_a_supervised_task_that_has_ended(health: Health, end: str) -> None:
    async def run() -> None:
        if end == "raises":
            raise ValueError("boom")
        await asyncio.sleep(0 if end == "returns" else 60)

    task = asyncio.create_task(run())
    health.watch("relay", task)
    assert (await health.live()).ok
    if end == "is cancelled":
        task.cancel()
    await asyncio.wait([task])
    report = await health.live()
    assert not report.ok
    assert report.checks[0].why is not None
    assert ("ValueError" in report.checks[0].why.en) == (end == "raises")


def test_over_http(client: TestClient, health: Health) -> None:
    assert client.get("/livez").json() == {"ok": True, "checks": []}
    ready = client.get("/readyz")
    assert (ready.status_code, ready.headers["Cache-Control"]) == (200, "no-store")

    async def away() -> Text:
        return text("无法连接", "cannot be reached")

    health.add("store", away)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json() == {
        "ok": False,
        "checks": [{"name": "store", "ok": False, "why": {"zh": "无法连接", "en": "cannot be reached"}}],
    }
