"""Recipients: who is taken up, what a person may change, and being forgotten."""

import pytest
from pydantic import ValidationError

from services.notify.domain.recipient import Choose, Erase, Recipient, Register, choose, erase, register
from shared.kernel.change import NotFound, Refused
from tests.unit.notify.given import NOW, profile


def test_registering_the_same_person_again_changes_nothing() -> None:
    first = register(None, Register(id="sec-1", profile=profile()), NOW)
    assert first
    assert register(first.state, Register(id="sec-1", profile=profile()), NOW) is None


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"mail": "no address"}, "邮箱地址应形如"),
        ({"mail": "a@b\r\nBcc: c@d"}, "邮箱地址应形如"),
        ({"mail": None}, "选择邮件通知须填写邮箱"),
        ({"chamber": None}, "仅秘书长须填写商会信用代码"),
        ({"role": "officer"}, "仅秘书长须填写商会信用代码"),
        ({"name": "a\nb"}, "pattern"),
        ({"area": "35x"}, "地区代码应为"),
    ],
)
def test_bad_input_is_told_in_words(changes: dict[str, object], words: str) -> None:
    values = profile().model_dump() | changes
    with pytest.raises(ValidationError, match=words):
        type(profile()).model_validate(values)


def test_a_person_chooses_channels_and_language() -> None:
    known = Recipient(id="sec-1", profile=profile())
    change = choose(known, Choose(channels=("inbox", "inbox"), language="zh"), NOW)
    assert change
    assert change.state.profile
    assert change.state.profile.channels == ("inbox",)
    assert change.state.profile.language == "zh"
    assert change.state.profile.mail == "lin@chamber.example"
    assert change.facts == ()


def test_mail_without_an_address_is_refused_with_a_remedy() -> None:
    known = Recipient(id="sec-1", profile=profile(mail=None, channels=["inbox"]))
    with pytest.raises(Refused) as refused:
        choose(known, Choose(channels=("mail",)), NOW)
    assert refused.value.problems[0].code == "recipient.no-address"


def test_who_is_erased_is_forgotten() -> None:
    erased = erase(Recipient(id="sec-1", profile=profile()), Erase(), NOW)
    assert erased
    assert "lin" not in erased.state.model_dump_json()
    assert erase(erased.state, Erase(), NOW) is None
    with pytest.raises(NotFound):
        choose(erased.state, Choose(), NOW)
    with pytest.raises(NotFound):
        erase(None, Erase(), NOW)
