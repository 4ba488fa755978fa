"""Files that a province keeps: whose slip counts, what goes on the manifest, and what never does."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from joserfc import jws
from joserfc.jwk import OKPKey
from pydantic import ValidationError
from typer.testing import CliRunner

from services.intake import slips
from services.intake.domain import deposit, filling
from services.intake.domain.application import Place
from services.intake.domain.deposit import Deposit, Slip
from shared.contracts import Evidence
from shared.contracts.trust import PublicKey
from shared.kernel.change import Refused
from shared.kernel.ed25519 import ALGORITHM, Registry
from shared.kernel.keys import RegisteredKey
from sihao.cli import app
from tests.unit.intake import given

KEY = OKPKey.generate_key("Ed25519")
AT = "https://files.35.example.cn/one"
PLACE = Place(at=AT, kid=KEY.thumbprint(), area="35")


def slip(**changes: Any) -> Slip:
    values: dict[str, Any] = {
        "application": given.APPLICATION,
        "sha256": "a" * 64,
        "name": "年检结论.pdf",
        "media_type": "application/pdf",
        "size": 12_345,
        "at": AT,
        "deposited": given.NOW,
    }
    return Slip.model_validate(values | changes)


def registered(area: str = "35", **changes: Any) -> RegisteredKey:
    found = RegisteredKey(
        kid=KEY.thumbprint(),
        area=area,
        jwk=PublicKey.model_validate(KEY.as_dict(private=False)),
        valid_from=given.NOW - timedelta(days=1),
        valid_to=given.NOW + timedelta(days=1),
        registered_at=given.NOW,
        reason="test",
    )
    return found.but(**changes)


def file(**changes: Any) -> Evidence:
    told = slip(**changes).model_dump(include={"sha256", "name", "media_type", "size"})
    return Evidence(**told, items=("B2.i",))


def test_a_slip_says_what_it_said_to_whoever_has_the_key() -> None:
    text = slips.written(slip(), KEY)
    assert slips.kid_of(text) == KEY.thumbprint()
    assert slips.read(text, registered()) == slip()
    assert deposit.checked(slip(), deposit.known(registered()), given.APPLICATION, "3502") == slip()


def taken(text: str) -> Slip:
    """As the service takes it."""
    assert slips.kid_of(text)
    return slips.read(text, registered())


def test_a_changed_letter_anywhere_is_no_slip() -> None:
    text = slips.written(slip(), KEY)
    wrong = []
    for at, letter in enumerate(text[:-1]):  # the last letter holds bits that mean nothing
        changed = text[:at] + ("A" if letter != "A" else "B") + text[at + 1 :]
        try:
            taken(changed)
            wrong.append(at)
        except Refused:
            continue
    assert wrong == []


def test_another_signature_of_the_same_key_is_no_slip() -> None:
    class Loose(Registry):
        def __init__(self) -> None:
            super().__init__(strict_check_header=False)

    header = {"alg": ALGORITHM, "typ": "sihao-event+jws", "kid": KEY.thumbprint()}
    other = jws.serialize_compact(header, slip().model_dump_json(), KEY, registry=Loose())
    for text in (other, "", "x", "a.b.c", "…", slips.written(slip(), OKPKey.generate_key("Ed25519"))):
        with pytest.raises(Refused):
            taken(text)


@pytest.mark.parametrize(
    ("key", "words"),
    [
        (None, "not registered"),
        (registered(withdrawn_at=given.NOW), "withdrawn"),
        (registered(valid_from=given.NOW + timedelta(hours=1)), "out of its time"),
        (registered(valid_to=given.NOW), "out of its time"),
        (registered(area="36"), "3502 is not in it"),
    ],
)
def test_a_key_that_does_not_count_is_refused_with_why(key: RegisteredKey | None, words: str) -> None:
    with pytest.raises(Refused) as refusal:
        deposit.checked(slip(), deposit.known(key), given.APPLICATION, "3502")
    [problem] = refusal.value.problems
    assert words in problem.rule.en
    assert problem.rule.zh != problem.rule.en


def test_a_slip_is_for_one_application() -> None:
    with pytest.raises(Refused, match="another"):
        deposit.checked(slip(application="another"), registered(), given.APPLICATION, "3502")


@pytest.mark.parametrize(
    "change",
    [
        {"at": "http://files.example.cn/one"},
        {"at": "https://files.example.cn/o ne"},
        {"at": "javascript:alert(1)"},
        {"media_type": "text/html"},
        {"media_type": "application/pdfx"},
        {"size": 0},
        {"size": deposit.MAX_FILE + 1},
        {"sha256": "A" * 64},
        {"more": 1},
    ],
)
def test_what_no_manifest_takes_no_slip_says(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        slip(**change)


def test_it_goes_on_the_manifest_with_its_place_and_the_receipt_covers_it() -> None:
    change = deposit.deposit(given.begun(), Deposit(file=file(), place=PLACE), given.NOW)
    state = given.after(change)
    assert state.evidence == (file(),)
    assert state.kept == {"a" * 64: PLACE}
    assert deposit.deposit(state, Deposit(file=file(), place=PLACE), given.NOW) is None
    handed_in = given.submit(given.after(filling.fill(state, _filled(), given.NOW)))
    assert handed_in
    [fact] = handed_in.facts
    assert AT not in fact.model_dump_json(), "the event has hash, name, size and type, as ever"
    assert "a" * 64 in fact.model_dump_json()


def _filled() -> filling.Fill:
    return filling.Fill(items={"B2.i": filling.ItemEdit(version=0, facts={"visited": {"2019": 31}})})


def test_a_file_that_lies_here_stays_here_and_one_that_is_handed_in_is_here_from_then_on() -> None:
    here = given.after(filling.attach(given.begun(), filling.Attach(file=file()), given.NOW))
    assert deposit.deposit(here, Deposit(file=file(), place=PLACE), given.NOW) is None
    there = given.after(deposit.deposit(given.begun(), Deposit(file=file(), place=PLACE), given.NOW))
    brought = given.after(filling.attach(there, filling.Attach(file=file()), given.NOW))
    assert (brought.kept, brought.evidence) == ({}, (file(),))


def test_the_command_line_writes_a_slip(tmp_path: Path) -> None:
    key, paper = tmp_path / "35.key.pem", tmp_path / "年检结论.pdf"
    key.write_bytes(KEY.as_pem(private=True))
    paper.write_bytes(b"%PDF-1.7 synthetic")
    wanted = ["evidence", "slip", str(paper), "--application", given.APPLICATION, "--key", str(key)]
    ran = CliRunner().invoke(app, [*wanted, "--at", AT])
    assert ran.exit_code == 0, ran.output
    found = slips.read(ran.stdout.strip(), registered())
    assert (found.name, found.media_type, found.size, found.at) == ("年检结论.pdf", "application/pdf", 18, AT)
    assert CliRunner().invoke(app, [*wanted, "--at", "http://plain"]).exit_code == 2
    paper.write_bytes(b"<html>")
    assert CliRunner().invoke(app, [*wanted[:-1], str(paper), "--at", AT]).exit_code == 2
