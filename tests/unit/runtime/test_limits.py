"""The guard against delivery limits reads arguments, policies and the broker's own default together."""

from base64 import b64decode
from typing import Any

import httpx2
import pytest

from shared.runtime.handlers import HandlerTable
from shared.runtime.limits import check_delivery_limits, effective_limit


@pytest.mark.parametrize(
    ("queue", "major", "limit"),
    [
        ({"arguments": {}}, 3, None),
        ({"arguments": {}}, 4, 20),
        ({"arguments": {"x-delivery-limit": -1}}, 4, None),
        ({"arguments": {"x-delivery-limit": 8}}, 3, 8),
        ({"arguments": {}, "effective_policy_definition": {"delivery-limit": -1}}, 4, None),
        ({"arguments": {"x-delivery-limit": -1}, "effective_policy_definition": {"delivery-limit": 5}}, 4, 5),
        ({"arguments": {}, "effective_policy_definition": None}, 4, 20),
    ],
)
def test_the_limit_in_force(queue: dict[str, Any], major: int, limit: int | None) -> None:
    assert effective_limit(queue, major) == limit


async def test_the_password_is_sent_and_told_to_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []

    def refuse(request: httpx2.Request) -> httpx2.Response:
        seen.append(b64decode(request.headers["authorization"].removeprefix("Basic ")).decode())
        return httpx2.Response(401)

    client = httpx2.AsyncClient
    monkeypatch.setattr(
        httpx2, "AsyncClient", lambda **options: client(transport=httpx2.MockTransport(refuse), **options)
    )
    with pytest.raises(httpx2.HTTPStatusError) as refused:
        await check_delivery_limits("http://guest:s3cr%40t@host:15672/", "amqp://host/v", HandlerTable("toy"))
    assert seen == ["guest:s3cr@t"]
    assert "s3cr" not in repr(refused.value)
