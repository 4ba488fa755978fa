"""What the tests of certificates begin with: an honour, its register, a key."""

import json
from datetime import timedelta
from functools import cache
from typing import Any

from joserfc.jwk import KeySet, OKPKey
from pydantic import SecretStr

from services.review.domain import credential as credentials
from services.review.domain import status_list as lists
from services.review.domain.credential import Credential
from services.review.domain.honour import Register, hear_granted
from services.review.issuing import Issuer
from shared.contracts import HonourGranted
from tests.unit.review import given

ADDRESS = "https://review.sihao.example"
LINE = "national-sihao"
LIST = f"{ADDRESS}/status-lists/{LINE}"
HONOUR = f"{LINE}:{given.code(1)}:CN-2020"
PLACE = 77
DAY = timedelta(days=1)
SETTINGS: dict[str, Any] = {
    "amqp_url": SecretStr("amqp://nobody@localhost:1/"),
    "mongo_url": SecretStr("mongodb://localhost:1"),
    "database": "review",
    "oidc_issuer": "http://localhost:1",
    "oidc_jwks_url": "http://localhost:1/jwks.json",
    "areas": "CN",
}
"""Of a review that connects to nothing."""


def issuer(name: str = "ours") -> Issuer:
    """An issuer with a key of its own, one for each name."""
    return _issuers()[name]


@cache
def _issuers() -> dict[str, Issuer]:
    return {name: Issuer(ADDRESS, OKPKey.generate_key("Ed25519")) for name in ("ours", "stranger")}


def keys(of: Issuer) -> KeySet:
    """Its public keys, as anyone gets them."""
    return KeySet.import_key_set(json.loads(of.published))


def register(*, begins: int = -10, ends: int = 700) -> Register:
    """A chamber that was granted an honour, valid between two days."""
    event = HonourGranted(
        area="3502",
        honour=HONOUR,
        line=LINE,
        round="CN-2020",
        chamber=given.chamber(1),
        case=given.case(1, "CN"),
        document="演示〔2021〕1号",
        valid_from=given.NOW + begins * DAY,
        valid_until=given.NOW + ends * DAY,
    )
    change = hear_granted(None, event, given.NOW)
    assert change
    return change.state


def credential(*, place: int = PLACE) -> Credential:
    """What is stated about it."""
    known = register()
    return Credential.of(known, known.terms[0], issuer=ADDRESS, place=place)


def signed() -> str:
    """The same, signed."""
    return issuer().sign(credentials.TYPE, credential())


def listed(statuses: dict[int, int], *, by: str = "ours", address: str = LIST) -> str:
    """A signed status list."""
    return issuer(by).sign(lists.TYPE, lists.make(ADDRESS, address, statuses, given.NOW))
