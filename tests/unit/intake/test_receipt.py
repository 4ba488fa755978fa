"""Receipts: genuine as issued; any changed byte, of the receipt or of what is stored, and they are not."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.intake.domain.facts import MAX_COUNT
from services.intake.domain.receipt import Submission, application_of, content_of, genuine, hand_in
from shared.contracts import Evidence, Facts
from shared.kernel.canonical import digest
from tests.unit.intake.given import APPLICATION, CHAMBER, NOW

words = st.text(max_size=30)
numbers = st.integers(-MAX_COUNT, MAX_COUNT)
values = st.one_of(
    st.booleans(),
    numbers,
    words,
    st.lists(words, max_size=3),
    st.dictionaries(st.text(min_size=1), numbers, max_size=3),
)
facts = st.dictionaries(
    st.from_regex(r"[A-D][1-3]\.[a-k]", fullmatch=True),
    st.dictionaries(st.from_regex(r"[a-z][a-z_]{0,9}", fullmatch=True), values, max_size=3),
    max_size=5,
)
files = st.lists(
    st.builds(
        lambda n, name: Evidence(sha256=f"{n:064x}", name=name, media_type="text/plain", size=n, items=("B2.i",)),
        st.integers(0, 10**9),
        words,
    ),
    max_size=3,
)


def issued(declared: Facts, manifest: list[Evidence]) -> Submission:
    return hand_in(APPLICATION, 1, chamber=CHAMBER, round_="CN-2020", facts=declared, evidence=manifest, now=NOW)


@given(facts, files)
def test_a_receipt_is_genuine_and_can_be_recomputed_by_its_holder(declared: Facts, manifest: list[Evidence]) -> None:
    submission = issued(declared, manifest)
    receipt = submission.receipt
    assert genuine([submission], receipt.number, receipt.digest) == submission
    assert digest(content_of(submission)) == receipt.digest
    assert application_of(receipt.number) == APPLICATION
    stored = Submission.model_validate(submission.model_dump(mode="json"))
    assert genuine([stored], receipt.number, receipt.digest) == submission


@given(facts, files, st.integers(0, 63), st.sampled_from("0123456789abcdef"))
def test_a_changed_receipt_is_not_genuine(declared: Facts, manifest: list[Evidence], place: int, other: str) -> None:
    submission = issued(declared, manifest)
    proof = submission.receipt.digest
    changed = proof[:place] + other + proof[place + 1 :]
    assert (genuine([submission], submission.receipt.number, changed) is None) == (changed != proof)
    assert genuine([submission], f"{APPLICATION}-R2", proof) is None


@given(facts, facts)
def test_other_stored_facts_do_not_prove_the_receipt(declared: Facts, other: Facts) -> None:
    submission = issued(declared, [])
    tampered = submission.model_copy(update={"facts": other})
    same = digest(content_of(tampered)) == digest(content_of(submission))
    found = genuine([tampered], submission.receipt.number, submission.receipt.digest)
    assert (found is not None) == same


def test_chamber_round_and_evidence_are_covered() -> None:
    file = Evidence(sha256="0" * 64, name="章程.pdf", media_type="application/pdf", size=9, items=("B1.a",))
    submission = issued({"B1.a": {"charter": True}}, [file])
    proof, number = submission.receipt.digest, submission.receipt.number
    renamed = CHAMBER.model_copy(update={"name": "另一家虚构商会"})
    for change in ({"chamber": renamed}, {"round": "CN-2022"}, {"evidence": ()}):
        assert genuine([submission.model_copy(update=change)], number, proof) is None


def test_the_time_is_told_and_the_same_content_has_the_same_digest() -> None:
    first = issued({}, [])
    later = hand_in(
        APPLICATION, 2, chamber=CHAMBER, round_="CN-2020", facts={}, evidence=[], now=NOW + timedelta(days=1)
    )
    assert first.receipt.at == NOW
    assert later.receipt.digest == first.receipt.digest
    assert later.receipt.number != first.receipt.number


def test_the_time_counts_where_the_receipt_shown_has_one() -> None:
    submission = issued({"B2.i": {"visited": 3}}, [])
    number, proof = submission.receipt.number, submission.receipt.digest
    assert genuine((submission,), number, proof, NOW) == submission
    assert genuine((submission,), number, proof, NOW + timedelta(microseconds=1)) is None
