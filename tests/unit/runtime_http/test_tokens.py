"""Whose tokens are accepted, and what is said to the others."""

import asyncio
import time
from typing import Any

import pytest
from joserfc import jwk, jwt

from shared.kernel.actor import Actor, Role
from shared.runtime import tokens
from shared.runtime.problems import Forbidden, Unauthenticated, Unavailable
from tests.unit.runtime_http.conftest import Issuer, make_verifier


async def refusal(issuer: Issuer, token: str) -> str:
    with pytest.raises(Unauthenticated) as refused:
        await make_verifier(issuer).caller(token)
    assert refused.value.headers["WWW-Authenticate"] == 'Bearer realm="sihao", error="invalid_token"'
    return refused.value.problems[0].code


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The monotonic clock by which keys grow old: add seconds to its only element."""
    now = [1000.0]
    monkeypatch.setattr("shared.runtime.tokens.time.monotonic", lambda: now[0])
    return now


@pytest.mark.parametrize(
    ("alg", "kind", "size"), [("Ed25519", "OKP", "Ed25519"), ("ES256", "EC", "P-256"), ("RS256", "RSA", 2048)]
)
async def test_every_allowed_algorithm(issuer: Issuer, alg: str, kind: str, size: str | int) -> None:
    issuer.new_key("other", kind, size)
    caller = await make_verifier(issuer).caller(issuer.token("officer", kid="other", alg=alg, area="350000"))
    assert (caller.id, caller.roles, caller.area) == ("u-1", frozenset({"officer"}), "35")


async def test_eddsa_is_accepted_without_the_librarys_warning(issuer: Issuer) -> None:
    with pytest.warns(match="RFC 9864"):
        token = _signed_as_eddsa(issuer)
    assert (await make_verifier(issuer).caller(token)).id == "u-2"


def _signed_as_eddsa(issuer: Issuer) -> str:
    body = {"iss": "https://issuer.example", "aud": "sihao", "sub": "u-2", "exp": int(time.time()) + 60}
    return jwt.encode({"alg": "EdDSA", "kid": "first"}, body, issuer.keys["first"], algorithms=["EdDSA"])


async def test_expired_with_little_leeway(issuer: Issuer) -> None:
    now = int(time.time())
    assert (await make_verifier(issuer).caller(issuer.token(exp=now - tokens.LEEWAY + 5))).id == "u-1"
    assert await refusal(issuer, issuer.token(exp=now - tokens.LEEWAY - 1)) == "token.expired"


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({"aud": "another"}, "token.claims"),
        ({"iss": "https://another.example"}, "token.claims"),
        ({"nbf": int(time.time()) + 86_400}, "token.claims"),
        ({"exp": None}, "token.incomplete"),
        ({"aud": None}, "token.incomplete"),
        ({"sub": None}, "token.incomplete"),
        ({"area": "nowhere"}, "token.claims"),
        ({"roles": "officer"}, "token.claims"),
    ],
)
async def test_claims_that_do_not_fit(issuer: Issuer, claims: dict[str, Any], code: str) -> None:
    assert await refusal(issuer, issuer.token(**claims)) == code


async def test_several_audiences_may_name_ours(issuer: Issuer) -> None:
    assert (await make_verifier(issuer).caller(issuer.token(aud=["portal", "sihao"]))).id == "u-1"


async def test_algorithms_that_are_not_ours(issuer: Issuer) -> None:
    issuer.new_key("p384", "EC", "P-384")
    assert await refusal(issuer, issuer.token(kid="p384", alg="ES384")) == "token.algorithm"
    issuer.keys["shared"] = jwk.generate_key("oct", 256, {"kid": "shared"})
    assert await refusal(issuer, issuer.token(kid="shared", alg="HS256")) == "token.algorithm"
    unsigned = "eyJhbGciOiJub25lIiwia2lkIjoiZmlyc3QifQ.eyJzdWIiOiJ1LTEifQ."
    assert await refusal(issuer, unsigned) == "token.algorithm"


async def test_a_changed_token_and_no_token_at_all(issuer: Issuer) -> None:
    head, body, signature = issuer.token("operator").split(".")
    other = issuer.token("secretary").split(".")[1]
    assert await refusal(issuer, f"{head}.{other}.{signature}") == "token.signature"
    assert await refusal(issuer, f"{head}.{body}") == "token.unreadable"
    assert await refusal(issuer, "文字") == "token.unreadable"


async def test_an_unknown_key_is_looked_up_but_not_more_often_than_every_few_seconds(
    issuer: Issuer, clock: list[float]
) -> None:
    verifier = make_verifier(issuer)
    await verifier.caller(issuer.token())
    issuer.new_key("second")
    token = issuer.token(kid="second")
    for _ in range(3):
        with pytest.raises(Unauthenticated) as refused:
            await verifier.caller(token)
        assert refused.value.problems[0].code == "token.key"
    assert issuer.asked == 1
    clock[0] += tokens.KEYS_REST + 1
    assert (await verifier.caller(token)).id == "u-1"
    assert issuer.asked == 2


async def test_one_reading_of_the_keys_serves_all_who_wait(issuer: Issuer) -> None:
    verifier, token = make_verifier(issuer), issuer.token()
    callers = await asyncio.gather(*(verifier.caller(token) for _ in range(20)))
    assert {caller.id for caller in callers} == {"u-1"}
    assert issuer.asked == 1


async def test_a_withdrawn_key_stops_working(issuer: Issuer, clock: list[float]) -> None:
    verifier, token = make_verifier(issuer), issuer.token()
    await verifier.caller(token)
    issuer.keys.clear()
    issuer.new_key("second")
    issuer.new_key("third")
    assert (await verifier.caller(token)).id == "u-1"
    clock[0] += tokens.KEYS_LIVE + 1
    with pytest.raises(Unauthenticated):
        await verifier.caller(token)


async def test_an_issuer_that_is_away_is_no_fault_of_the_caller(issuer: Issuer, clock: list[float]) -> None:
    issuer.away = True
    verifier, token = make_verifier(issuer), issuer.token()
    for _ in range(3):
        with pytest.raises(Unavailable) as away:
            await verifier.caller(token)
        assert away.value.headers == {"Retry-After": "5"}
    assert issuer.asked == 1
    clock[0] += tokens.KEYS_REST + 1
    issuer.away = False
    assert (await verifier.caller(token)).id == "u-1"


async def test_keys_already_read_serve_on_while_the_issuer_is_away(issuer: Issuer, clock: list[float]) -> None:
    verifier = make_verifier(issuer)
    await verifier.caller(issuer.token())
    issuer.away = True
    issuer.new_key("second")
    clock[0] += tokens.KEYS_LIVE + 1
    assert (await verifier.caller(issuer.token())).id == "u-1"
    with pytest.raises(Unavailable):
        await verifier.caller(issuer.token(kid="second"))


async def test_an_actor_has_one_role_and_only_what_belongs_to_it(issuer: Issuer) -> None:
    token = issuer.token("officer", "secretary", "expert", area="35", chamber="9135")
    caller = await make_verifier(issuer).caller(token)
    assert caller.actor_as("officer") == Actor(id="u-1", role="officer", area="35")
    assert caller.actor_as("secretary") == Actor(id="u-1", role="secretary", chamber="9135")
    assert caller.actor_as("expert") == Actor(id="u-1", role="expert")


@pytest.mark.parametrize(("role", "field"), [("officer", "token.area"), ("secretary", "token.chamber")])
async def test_a_role_without_its_area_or_chamber(issuer: Issuer, role: Role, field: str) -> None:
    caller = await make_verifier(issuer).caller(issuer.token(role))
    with pytest.raises(Forbidden) as refused:
        caller.actor_as(role)
    assert refused.value.problems[0].field == field


async def test_closing_ends_the_connections(issuer: Issuer) -> None:
    verifier = make_verifier(issuer)
    await verifier.aclose()
    with pytest.raises(RuntimeError, match="closed"):
        await verifier.caller(issuer.token())
