"""Budgets per client, on the real server: by holder of a token, else by address; never by what a stranger claims."""

import httpx2
import pytest

from shared.runtime.rates import BUCKETS, Rates, Window, site
from shared.runtime.settings import EdgeSettings
from tests.support.platform import codes
from tests.support.served import Served, client, served

FEW = {"rate_read": "3/hour", "rate_write": "2/hour", "rate_public_read": "4/hour", "rate_public_write": "1/hour"}


async def many(http: httpx2.AsyncClient, times: int, method: str, url: str, **headers: str) -> list[int]:
    """What so many requests are answered with."""
    answers = [await http.request(method, url, headers=headers) for _ in range(times)]
    return [answer.status_code for answer in answers]


def bearer(service: Served, who: str) -> str:
    return f"Bearer {service.issuer.token(who, roles=['operator'])}"


async def test_every_holder_of_a_token_has_a_budget_of_their_own_behind_one_address() -> None:
    async with served(**FEW) as service, client() as http:
        mine = f"{service.url}/mine"
        for who in ("one", "two"):
            assert await many(http, 4, "GET", mine, Authorization=bearer(service, who)) == [200, 200, 200, 429]
        assert await many(http, 1, "GET", mine, Authorization=bearer(service, "three")) == [200]


async def test_without_a_token_the_address_counts_and_reading_is_not_doing() -> None:
    async with served(**FEW) as service, client() as http:
        assert await many(http, 5, "GET", f"{service.url}/openapi.json") == [200, 200, 200, 200, 429]
        assert await many(http, 2, "POST", f"{service.url}/notes") == [422, 429]


async def test_tokens_that_fail_use_up_a_budget_of_their_address_and_good_ones_are_served_on() -> None:
    async with served(rate_failed="2/hour") as service, client() as http:
        mine = f"{service.url}/mine"
        assert await many(http, 4, "GET", mine, Authorization="Bearer guessed") == [401, 401, 429, 429]
        assert await many(http, 1, "GET", mine, Authorization=bearer(service, "one")) == [200]


async def test_the_answer_says_what_is_left_and_when_to_come_again() -> None:
    async with served(rate_public_read="2/hour") as service, client() as http:
        answers = [await http.get(f"{service.url}/openapi.json") for _ in range(3)]
        left = [answer.headers["RateLimit"] for answer in answers]
        assert [one.partition(";t=")[0] for one in left] == [
            '"public-read";r=1',
            '"public-read";r=0',
            '"public-read";r=0',
        ]
        assert {answer.headers["RateLimit-Policy"] for answer in answers} == {'"public-read";q=2;w=3600'}
        assert codes(answers[-1]) == ["rate"]
        assert int(answers[-1].headers["Retry-After"]) <= 3600


async def test_health_and_metrics_are_never_refused() -> None:
    async with served(rate_public_read="1/hour") as service, client() as http:
        for path in ("livez", "readyz", "metrics"):
            assert await many(http, 3, "GET", f"{service.url}/{path}") == [200, 200, 200]


async def test_an_address_that_the_client_only_claims_counts_for_nothing() -> None:
    async with served(rate_public_read="2/hour") as service, client() as http:
        statuses = [
            (await many(http, 1, "GET", f"{service.url}/openapi.json", **{"X-Forwarded-For": f"192.0.2.{n}"}))[0]
            for n in range(3)
        ]
        assert statuses == [200, 200, 429]


async def test_behind_a_trusted_proxy_the_address_it_saw_counts() -> None:
    async with served(rate_public_read="1/hour", trusted_proxies="127.0.0.0/8") as service, client() as http:
        url = f"{service.url}/openapi.json"
        for n in range(3):
            invented = f"10.9.8.{n}, 192.0.2.{n}"
            assert await many(http, 2, "GET", url, **{"X-Forwarded-For": invented}) == [200, 429]
        assert await many(http, 1, "GET", url, **{"X-Forwarded-For": "203.0.113.9, 192.0.2.1"}) == [429]


@pytest.mark.parametrize("wrong", [{"rate_read": "many"}, {"trusted_proxies": "*"}, {"min_rate": 0}])
def test_settings_that_make_no_sense_stop_the_start(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        EdgeSettings(**wrong)  # type: ignore[arg-type]


def test_an_ipv6_site_is_one_client() -> None:
    assert site("2001:db8:1:2::1") == site("2001:db8:1:2:ffff::9") != site("2001:db8:1:3::1")
    assert site("::ffff:192.0.2.7") == site("192.0.2.7") == "192.0.2.7"
    assert site("testclient") == "testclient"


def test_the_memory_of_the_budgets_is_bounded_whoever_calls() -> None:
    rates = Rates(EdgeSettings())
    for n in range(3 * BUCKETS):
        rates.take("public-read", f"192.0.{n >> 8}.{n & 255}")
    assert len(rates._windows["public-read"].asked) <= BUCKETS


def test_a_window_ends_for_all_and_the_next_begins_with_nothing_asked() -> None:
    window = Window("2/minute")
    assert [window.count(1, 60.0), window.count(1, 119.9), window.count(2, 119.9)] == [1, 2, 1]
    assert window.ends == 120.0
    assert [window.count(1, 120.0), window.count(2, 300.0)] == [1, 1]
    assert (window.ends, len(window.asked)) == (360.0, 1)


def test_what_was_refused_is_counted_too_and_nothing_is_left() -> None:
    rates = Rates(EdgeSettings(rate_read="2/hour"))
    taken = [rates.take("read", "one") for _ in range(4)]
    assert [one.granted for one in taken] == [True, True, False, False]
    assert [one.left for one in taken] == [1, 0, 0, 0]
    assert 1 <= taken[-1].reset <= 3600
