"""Recipients 收件人: people by role, their address and how they want to be told. The only place with personal data."""

import re
from datetime import datetime
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from shared.contracts import Area, CreditCode
from shared.kernel.change import Change, NotFound, Refused
from shared.kernel.problem import problem
from shared.kernel.state import State

RecipientRole = Literal["secretary", "officer", "expert", "subscriber"]
"""秘书长 · 工商联工作人员 · 专家 · 订阅者."""
Channel = Literal["mail", "inbox"]
"""电子邮件 · 站内信."""
Language = Literal["zh", "en", "both"]
"""Which of the two texts a mail carries; the inbox always has both."""

TAG = r"^[a-z]{2,3}(-[A-Z][a-z]{3})?$"
"""A further language: BCP 47, with its script where that is needed (`bo`, `ug`, `mn-Mong`)."""

MAIL_ADDRESS = r"^[^@\s\x00-\x1f,;:<>\"()\[\]\\]{1,64}@[^@\s\x00-\x1f,;:<>\"()\[\]\\]{1,189}$"
"""What a mail address looks like: one name, one domain, nothing that could break a header."""


class Wishes(BaseModel):
    """What a person may change about himself: how, and in which language, to be told."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    channels: tuple[Channel, ...] = ("mail", "inbox")
    """Ways to be told; none means no letters."""
    language: Language = "both"
    """Language of mails."""
    further: str | None = Field(default=None, pattern=TAG)
    """A further language in which letters are said, too, after the first; as far as this deployment has the words."""

    @field_validator("channels")
    @classmethod
    def _once_each(cls, channels: tuple[Channel, ...]) -> tuple[Channel, ...]:
        return tuple(sorted(set(channels)))


class Profile(Wishes):
    """A person by role: what an officer registers."""

    role: RecipientRole
    """In which capacity letters reach this person."""
    name: str = Field(min_length=1, max_length=60, pattern=r"^[^\x00-\x1f\x7f]+$")
    """How to address this person; appears only in the header of a mail."""
    mail: str | None = Field(default=None, max_length=254)
    """Mail address."""
    area: Area
    """Area of the person's chamber or federation; a subscriber's area of interest."""
    chamber: CreditCode | None = None
    """For a secretary, and only then: credit code of the chamber."""

    @field_validator("mail")
    @classmethod
    def _address(cls, mail: str | None) -> str | None:
        if mail is not None and not re.fullmatch(MAIL_ADDRESS, mail):
            raise ValueError("邮箱地址应形如 name@example.org / a mail address looks like name@example.org")
        return mail

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.role == "secretary") != (self.chamber is not None):
            raise ValueError(
                "仅秘书长须填写商会信用代码 / a secretary, and nobody else, names the chamber's credit code"
            )
        if "mail" in self.channels and self.mail is None:
            raise ValueError("选择邮件通知须填写邮箱 / the mail channel needs a mail address")
        return self


class Recipient(State):
    """One person. The key is the subject of the person's token."""

    id: str
    """The token's subject."""
    profile: Profile | None
    """Name, address and wishes; None once erased."""


class Register(BaseModel):
    """Command: take this person up, or replace what is known."""

    model_config = ConfigDict(frozen=True)

    id: str
    """The token's subject."""
    profile: Profile
    """All of it."""


class Choose(Wishes):
    """Command: the person changes channels and language."""


class Erase(BaseModel):
    """Command: forget name and address; no more letters."""

    model_config = ConfigDict(frozen=True)


def register(recipient: Recipient | None, command: Register, _now: datetime) -> Change[Recipient] | None:
    """Take a person up, or replace the profile; the same again changes nothing."""
    after = Recipient(id=command.id, profile=command.profile)
    return None if after == recipient else Change(after)


def choose(recipient: Recipient | None, command: Choose, _now: datetime) -> Change[Recipient] | None:
    """Change channels and language.

    Raises:
        NotFound: no such person.
        Refused: mail is chosen, but no address is known.
    """
    profile = known(recipient)
    if "mail" in command.channels and profile.mail is None:
        raise Refused(
            problem(
                "recipient.no-address",
                "channels",
                rule=("未登记邮箱，不能选择邮件通知", "no mail address is registered, so mail cannot be chosen"),
                remedy=("请工商联工作人员先登记邮箱", "ask an officer to register your mail address first"),
            )
        )
    chosen = {"channels": command.channels, "language": command.language, "further": command.further}
    after = profile.model_copy(update=chosen)
    return None if after == profile or recipient is None else Change(recipient.but(profile=after))


def erase(recipient: Recipient | None, _command: Erase, _now: datetime) -> Change[Recipient] | None:
    """Forget a person's name and address; who is forgotten already stays so."""
    if recipient is None:
        raise unknown()
    return None if recipient.profile is None else Change(recipient.but(profile=None))


def known(recipient: Recipient | None) -> Profile:
    """The profile of a person we know.

    Raises:
        NotFound: never registered, or erased.
    """
    if recipient is None or recipient.profile is None:
        raise unknown()
    return recipient.profile


def unknown() -> NotFound:
    """Nobody is registered under this id."""
    return NotFound(
        problem(
            "recipient.unknown",
            "id",
            rule=("没有这位收件人", "no such recipient"),
            remedy=("请核对编号，或由工商联工作人员登记", "check the id, or ask an officer to register the person"),
        )
    )
