"""The guard against delivery limits reads arguments, policies and the broker's own default together."""

from typing import Any

import pytest

from shared.runtime.limits import effective_limit


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
