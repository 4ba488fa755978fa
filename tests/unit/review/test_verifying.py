"""A certificate holds only as it was signed, by whom, in its time, and while it is not revoked."""

import string
import zlib
from base64 import urlsafe_b64encode

import pytest
from hypothesis import example, settings
from hypothesis import given as drawn
from hypothesis import strategies as st

from services.review.domain import status_list as lists
from services.review.domain.verifying import Verdict, verify
from tests.unit.review import certificates as made
from tests.unit.review import given

KEYS = made.keys(made.issuer())
SIGNED = made.signed()
FRESH = made.listed({})
LETTERS = string.ascii_letters + string.digits + "-_.=+/ #\n\x00é"


def found(verdict: Verdict) -> dict[str, bool | None]:
    """What holds, by check."""
    return {finding.check: finding.holds for finding in verdict.findings}


def test_as_it_was_signed_everything_holds() -> None:
    verdict = verify(SIGNED, KEYS, FRESH, given.NOW)
    assert verdict.holds
    assert found(verdict) == {"signature": True, "dates": True, "status": True}
    assert verdict.credential == made.credential()


@settings(deadline=None)
@drawn(st.integers(0, len(SIGNED) - 1), st.sampled_from(LETTERS))
def test_any_changed_character_fails(position: int, letter: str) -> None:
    changed = SIGNED[:position] + letter + SIGNED[position + 1 :]
    verdict = verify(changed, KEYS, FRESH, given.NOW)
    assert verdict.holds == (changed == SIGNED)
    assert (verdict.credential is None) == (changed != SIGNED)


@settings(deadline=None)
@drawn(st.text(max_size=200) | st.integers(0, len(SIGNED) - 1).map(lambda end: SIGNED[:end]))
@example("ImFsZyI.e30.")
@example("WyJhbGciXQ.e30.")
def test_what_is_no_certificate_is_none(token: str) -> None:
    assert found(verify(token, KEYS, None, given.NOW)) == {"signature": False}


@settings(deadline=None)
@drawn(st.integers(0, len(FRESH) - 1), st.sampled_from(LETTERS))
def test_a_changed_status_list_is_not_believed(position: int, letter: str) -> None:
    changed = FRESH[:position] + letter + FRESH[position + 1 :]
    assert found(verify(SIGNED, KEYS, changed, given.NOW))["status"] == (changed == FRESH)


def test_another_key_fails_even_under_the_same_name() -> None:
    stranger = made.keys(made.issuer("stranger"))
    assert found(verify(SIGNED, stranger, None, given.NOW)) == {"signature": False}
    kid = KEYS.keys[0].kid
    disguised = stranger.import_key_set({"keys": [{**stranger.as_dict(private=False)["keys"][0], "kid": kid}]})
    assert found(verify(SIGNED, disguised, None, given.NOW)) == {"signature": False}


def test_a_status_list_is_no_certificate_and_a_certificate_no_status_list() -> None:
    assert found(verify(FRESH, KEYS, None, given.NOW)) == {"signature": False}
    assert found(verify(SIGNED, KEYS, SIGNED, given.NOW))["status"] is False


def test_without_a_list_it_says_that_revocation_was_not_checked() -> None:
    verdict = verify(SIGNED, KEYS, None, given.NOW)
    assert verdict.holds
    assert found(verdict)["status"] is None
    assert made.LIST in verdict.findings[-1].words.zh


@pytest.mark.parametrize(
    ("day", "holds", "zh"),
    [(-11, False, "尚未生效"), (-10, True, "有效期内"), (699, True, "有效期内"), (700, False, "到期")],
)
def test_the_dates_are_looked_at(day: int, holds: bool, zh: str) -> None:  # noqa: FBT001 - a parameter of the test
    verdict = verify(SIGNED, KEYS, None, given.NOW + day * made.DAY)
    assert verdict.holds == holds
    assert zh in verdict.findings[1].words.zh


PLACES = st.integers(0, lists.PLACES - 1)
STATUSES = st.dictionaries(PLACES, st.sampled_from([lists.VALID, lists.INVALID, lists.SUPERSEDED]), max_size=50)


@settings(max_examples=30, deadline=None)
@drawn(STATUSES, PLACES)
def test_a_status_is_read_where_it_was_written(statuses: dict[int, int], other: int) -> None:
    bits = lists.Bits(bits=lists.BITS, lst=lists.pack(statuses))
    assert {place: bits.at(place) for place in statuses} == statuses
    assert bits.at(other) == statuses.get(other, lists.VALID)


@pytest.mark.parametrize(
    ("status", "zh"), [(lists.INVALID, "已撤销"), (lists.SUSPENDED, "已暂停"), (lists.SUPERSEDED, "接续")]
)
def test_a_certificate_that_was_ended_does_not_hold(status: int, zh: str) -> None:
    neighbours = {made.PLACE - 1: lists.INVALID, made.PLACE + 1: lists.INVALID}
    assert verify(SIGNED, KEYS, made.listed(neighbours), given.NOW).holds
    verdict = verify(SIGNED, KEYS, made.listed({**neighbours, made.PLACE: status}), given.NOW)
    assert found(verdict) == {"signature": True, "dates": True, "status": False}
    assert zh in verdict.findings[-1].words.zh


def test_a_list_that_is_old_or_foreign_says_nothing() -> None:
    assert found(verify(SIGNED, KEYS, FRESH, given.NOW + lists.LASTS))["status"] is False
    elsewhere = made.listed({}, address=f"{made.ADDRESS}/status-lists/fujian-sihao")
    assert found(verify(SIGNED, KEYS, elsewhere, given.NOW))["status"] is False
    assert found(verify(SIGNED, KEYS, made.listed({}, by="stranger"), given.NOW))["status"] is False


def test_a_list_unfolds_to_no_more_than_it_may() -> None:
    most = 1 << 24
    bomb = urlsafe_b64encode(zlib.compress(bytes(most + 1))).decode()
    assert lists.Bits(bits=2, lst=bomb).at(most * 4 - 1) == lists.VALID
    for packed, place in ((bomb, most * 4), (lists.pack({})[:20], lists.PLACES - 1), ("x", 0), ("中", 0)):
        with pytest.raises(ValueError, match=r"place|base64|ASCII"):
            lists.Bits(bits=2, lst=packed).at(place)
