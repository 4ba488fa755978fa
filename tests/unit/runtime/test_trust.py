"""Every refusal has its code, and no byte of a signed message can be changed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import OKPKey

from shared.contracts import EVENTS, CaseNominated, PanelDecided
from shared.contracts.provinces import PROVINCE_EVENTS, PROVINCE_MAY_WRITE
from shared.kernel.keys import RegisteredKey
from shared.runtime import trust
from shared.runtime.envelope import Bound, Envelope, read
from shared.runtime.settings import Settings
from shared.runtime.signing import Signer, WrongKeyFile
from shared.runtime.trust import NotTrusted, Signed, kid_of, verify
from tests.contract.golden import example

AT = datetime(2026, 11, 26, 8, tzinfo=UTC)
KEY = OKPKey.generate_key("Ed25519")
SIGNER = Signer(KEY)
BOUND = Bound("id-1", "case.nominated.v1", "/sihao/review", AT.isoformat())
BODY = example("case.nominated.v1").body


def registered(signer: Signer = SIGNER, area: str = "35") -> RegisteredKey:
    return RegisteredKey(
        kid=signer.kid,
        area=area,
        jwk=signer.public,
        valid_from=AT - timedelta(days=1),
        valid_to=AT + timedelta(days=1),
        registered_at=AT,
        reason="first",
    )


KEYS = {SIGNER.kid: registered()}


def enveloped(body: bytes, signature: str | None, bound: Bound = BOUND) -> Envelope:
    headers = {"ce-id": bound.id, "ce-type": bound.event, "ce-source": bound.source, "ce-time": bound.time}
    if signature is not None:
        headers["sihao-signature"] = signature
    return read(body, headers, message_id=None, message_type=None, app_id=None, timestamp=None)


def code(body: bytes, envelope: Envelope, keys: dict[str, RegisteredKey] | None = None) -> str:
    with pytest.raises(NotTrusted) as refusal:
        verify(body, envelope, KEYS if keys is None else keys)
    assert refusal.value.problem.rule.zh
    assert refusal.value.problem.rule.en
    return refusal.value.code


def test_what_is_signed_holds_and_names_key_and_area() -> None:
    signature = SIGNER.sign(BODY, BOUND)
    assert signature.count(".") == 2
    assert ".." in signature
    assert signature == SIGNER.sign(BODY, BOUND)
    assert kid_of(signature) == KEY.thumbprint() == SIGNER.kid
    assert verify(BODY, enveloped(BODY, signature), KEYS) == Signed(SIGNER.kid, "35")


def test_a_large_body_and_a_long_id_are_signed_like_any() -> None:
    body, bound = b"[" + b"1," * 3_500_000 + b"1]", BOUND._replace(id="x" * 255)
    assert verify(body, enveloped(body, SIGNER.sign(body, bound), bound), KEYS).area == "35"


@given(st.data())
def test_a_changed_byte_anywhere_is_refused(data: st.DataObject) -> None:
    signature = SIGNER.sign(BODY, BOUND)
    whole = BODY + signature.encode()
    at = data.draw(st.integers(0, len(whole) - 1))
    flip = data.draw(st.integers(1, 255))
    changed = whole[:at] + bytes([whole[at] ^ flip]) + whole[at + 1 :]
    body, written = changed[: len(BODY)], changed[len(BODY) :].decode(errors="replace")
    assert code(body, enveloped(body, written)) in {
        "signature.wrong",
        "signature.malformed",
        "signature.unknown-key",
        "signature.other-envelope",
    }


@pytest.mark.parametrize("name", Bound._fields)
def test_a_body_cannot_travel_in_another_envelope(name: str) -> None:
    other = BOUND._replace(**{name: getattr(BOUND, name) + "0" if name != "time" else AT.isoformat()[:-6] + "Z"})
    assert code(BODY, enveloped(BODY, SIGNER.sign(BODY, BOUND), other)) == "signature.other-envelope"


@pytest.mark.parametrize("left_out", ["ce-id", "ce-type", "ce-source", "ce-time"])
def test_an_attribute_that_was_taken_away_is_another_envelope(left_out: str) -> None:
    headers = {"ce-id": BOUND.id, "ce-type": BOUND.event, "ce-source": BOUND.source, "ce-time": BOUND.time}
    del headers[left_out]
    headers["sihao-signature"] = SIGNER.sign(BODY, BOUND)
    envelope = read(BODY, headers, message_id=None, message_type=None, app_id="review", timestamp=AT)
    assert code(BODY, envelope) == "signature.other-envelope"


@pytest.mark.parametrize(
    "written",
    [
        "",
        "..",
        "a.b.c",
        "no signature",
        "é..é",
        "e30.." + "A" * 86,
        "W10.." + "A" * 86,
        "x" * 10_000,
        SIGNER.sign(BODY, BOUND).replace("..", ".e30."),
        SIGNER.sign(BODY, BOUND) + "=",
        SIGNER.sign(BODY, BOUND) + " ",
    ],
)
def test_what_is_no_detached_jws_is_malformed(written: str) -> None:
    assert code(BODY, enveloped(BODY, written)) == "signature.malformed"


def test_without_a_signature_it_is_missing_and_without_its_key_unknown() -> None:
    assert code(BODY, enveloped(BODY, None)) == "signature.missing"
    assert code(BODY, enveloped(BODY, SIGNER.sign(BODY, BOUND)), {}) == "signature.unknown-key"


def test_a_withdrawn_key_counts_for_nothing_that_arrives() -> None:
    gone = {SIGNER.kid: registered().but(withdrawn_at=AT, withdrawn_because="lost")}
    assert code(BODY, enveloped(BODY, SIGNER.sign(BODY, BOUND)), gone) == "signature.withdrawn-key"


@pytest.mark.parametrize(("days", "holds"), [(-1, True), (-2, False), (0, True), (1, False)])
def test_a_key_counts_from_its_first_instant_until_before_its_last(days: int, holds: bool) -> None:  # noqa: FBT001
    bound = BOUND._replace(time=(AT + timedelta(days=days)).isoformat())
    envelope = enveloped(BODY, SIGNER.sign(BODY, bound), bound)
    if holds:
        assert verify(BODY, envelope, KEYS)
    else:
        assert code(BODY, envelope) == "signature.not-yet-or-no-longer-valid"


def test_another_key_under_the_same_name_does_not_hold() -> None:
    other = Signer(OKPKey.generate_key("Ed25519"), SIGNER.kid)
    assert code(BODY, enveloped(BODY, other.sign(BODY, BOUND))) == "signature.wrong"


def nominated(**changes: object) -> CaseNominated:
    return CaseNominated.model_validate_json(BODY).model_copy(update=changes)


@pytest.mark.parametrize("change", [{"area": "3701"}, {"area": "CN"}, {"jurisdiction": "CN"}, {"case": "a@37"}])
def test_a_province_speaks_for_its_own_area_and_cases_only(change: dict[str, str]) -> None:
    ours = Signed("k", "35")
    trust.allow(ours, nominated())
    with pytest.raises(NotTrusted) as refusal:
        trust.allow(ours, nominated(**change))
    assert refusal.value.code == "signature.wrong-area"
    trust.allow(Signed("k", "CN"), nominated(**change))


def test_a_case_of_another_jurisdiction_is_found_wherever_it_is_named() -> None:
    decided = PanelDecided.model_validate_json(example("panel.decided.v1").body)
    assert set(trust.places(decided)) == {"CN"}
    (first, *rest) = decided.results
    moved = decided.model_copy(
        update={"area": "35", "jurisdiction": "35", "results": (first.model_copy(update={"case": "x@37"}),)}
    )
    del rest
    with pytest.raises(NotTrusted):
        trust.allow(Signed("k", "35"), moved)


@pytest.mark.parametrize("wire", sorted(EVENTS.keys() - PROVINCE_MAY_WRITE))
def test_a_province_may_write_nothing_else(wire: str) -> None:
    event = EVENTS[wire].model_validate_json(example(wire).body)
    with pytest.raises(NotTrusted) as refusal:
        trust.allow(Signed("k", event.area[:2]), event) if event.area != "CN" else trust.allow(Signed("k", "35"), event)
    assert refusal.value.code == "signature.wrong-event"


def test_what_a_province_may_write_is_review_s_alone() -> None:
    assert {event.source for event in PROVINCE_EVENTS} == {"review"}


def test_a_key_is_read_from_a_file_or_named_as_wrong(tmp_path: Path) -> None:
    def load(name: str, kid: str | None = None) -> Signer | None:
        return Signer.load(Settings.model_construct(signing_key=tmp_path / name, signing_key_id=kid))

    (tmp_path / "key.pem").write_bytes(KEY.as_pem(private=True))
    (tmp_path / "public.pem").write_bytes(KEY.as_pem(private=False))
    signer = load("key.pem", "fj-2026")
    assert signer is not None
    assert kid_of(signer.sign(b"{}", BOUND)) == "fj-2026"
    assert Signer.load(Settings.model_construct(signing_key=None)) is None
    for name in ("public.pem", "none.pem"):
        with pytest.raises(WrongKeyFile, match="openssl genpkey"):
            load(name)


def test_refusals_do_not_repeat_long_values() -> None:
    envelope = replace(enveloped(BODY, SIGNER.sign(BODY, BOUND)), bound=BOUND._replace(id="y" * 9000))
    with pytest.raises(NotTrusted) as refusal:
        verify(BODY, envelope, KEYS)
    assert len(refusal.value.problem.rule.en) < 400
