"""What is looked at in every message: schema, instants, credit codes, signatures."""

import base64
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import KeySet, OKPKey
from stdnum.cn import uscc

from conformance.centre import raw
from conformance.checks.signatures import protected, unverified
from conformance.ledger import Heard, Ledger
from conformance.schemas import faults
from conformance.signing import HEADER, signer
from conformance.world import World
from shared.contracts import EVENTS
from shared.contracts.provinces import PROVINCE_MAY_WRITE
from tests.support.platform import EXAMPLES

KEY = OKPKey.generate_key("Ed25519", auto_kid=True)
KEYS = KeySet.import_key_set({"keys": [KEY.as_dict(private=False)]})
BODY = (EXAMPLES / "case.opened.v1.json").read_bytes()


def example(name: str) -> dict[str, Any]:
    return dict(json.loads((EXAMPLES / f"{name}.json").read_text("utf-8")))


def heard(body: bytes = BODY, **headers: str) -> Heard:
    return Heard("case.opened.v1.35.02", body, headers, "1", "case.opened.v1", "application/json", persistent=True)


def signed(body: bytes = BODY, key: OKPKey = KEY) -> str:
    def written(data: bytes) -> str:
        return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

    head = written(json.dumps({"alg": "EdDSA", "kid": KEY.kid, "id": "1"}).encode())
    return f"{head}..{written(key.private_key.sign(f'{head}.{written(body)}'.encode()))}"


@pytest.mark.parametrize("name", sorted(PROVINCE_MAY_WRITE))
def test_golden_examples_have_no_faults(name: str) -> None:
    assert faults(name, (EXAMPLES / f"{name}.json").read_bytes()) == []


def test_a_province_announces_no_rounds_scores_or_letters() -> None:
    assert {EVENTS[name].source for name in PROVINCE_MAY_WRITE} == {"review"}
    assert {"case.nominated.v1", "shortlist.sealed.v1"} <= PROVINCE_MAY_WRITE


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"deadline": "2026-01-01T00:00:00"}, "deadline"),
        ({"deadline": "soon"}, "deadline"),
        ({"items": []}, "items"),
        ({"chamber": None}, "chamber"),
    ],
)
def test_a_fault_names_its_field(change: dict[str, Any], where: str) -> None:
    body = json.dumps(example("case.returned.v1") | change).encode()
    assert [fault.partition(":")[0] for fault in faults("case.returned.v1", body)] == [where]


@pytest.mark.parametrize("body", [b"", b"\xff", b"[" * 100_000])
def test_what_is_no_json_is_a_fault(body: bytes) -> None:
    assert len(faults("case.opened.v1", body)) == 1
    assert heard(body).data == {}


def test_a_signature_holds_for_its_bytes_and_its_key_alone() -> None:
    good = heard(**{HEADER: signed()})
    assert unverified(good, KEYS) == ""
    assert protected(str(good.headers[HEADER]))["id"] == "1"
    other = OKPKey.generate_key("Ed25519")
    for wrong in (
        heard(),
        replace(good, body=BODY + b" "),
        heard(**{HEADER: signed(key=other)}),
        heard(**{HEADER: signed().replace("..", ".e30.")}),
        heard(**{HEADER: "nonsense"}),
    ):
        assert unverified(wrong, KEYS)


def test_what_the_centre_says_can_be_signed_in_the_same_form(tmp_path: Path) -> None:
    (tmp_path / "centre.pem").write_bytes(KEY.as_pem(private=True))
    message = raw("round.opened.v1", "CN", b"{}")
    value = signer(tmp_path / "centre.pem")(message)
    assert unverified(heard(b"{}", **{HEADER: value}), KEYS) == ""
    assert protected(value)["time"] == message.attributes["ce-time"]


def test_invented_chambers_have_valid_codes_of_their_own() -> None:
    world = World("35", "KIT-1", "province@1")
    cards = [world.scored("KIT-1-A") for _ in range(300)]
    assert all(uscc.is_valid(card.chamber.code) for card in cards)
    assert len({card.chamber.code for card in cards}) == 300
    assert {card.area for card in cards} == {"35", "3501", "350102"}


async def test_a_repeat_is_no_news_to_those_who_wait() -> None:
    ledger = Ledger(patience=0.2)
    ledger.add(heard())
    ledger.add(heard())
    assert len(ledger.heard) == 2
    case = example("case.opened.v1")["case"]
    assert len(ledger.about(case, "case.opened.v1")) == 1
    assert not await ledger.until(lambda: len(ledger.about(case)) > 1)
