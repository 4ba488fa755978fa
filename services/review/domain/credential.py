"""A certificate 证书 as data: a small signed statement (JWT, RFC 7519) that a chamber holds an honour.

It says the same as the register, in plain fields; nothing has to be read out of ids or names. Kept short, since it is
printed in a QR code.
"""

from datetime import UTC, datetime
from typing import Self
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, Field

from services.review.domain.honour import Register
from services.review.domain.sanction import STANDING_WORDS
from services.review.domain.term import Standing, Term
from shared.contracts.area import Area, Level
from shared.contracts.event import CreditCode
from shared.kernel.change import NotFound
from shared.kernel.problem import problem

TYPE = "honour+jwt"
"""The token's `typ` (RFC 8725, 3.11): no other token of ours is taken for a certificate."""
SCANS = 1_370
"""Characters that a QR code of version 30 holds at level M; on 50 mm its modules are a third of a millimetre. Ours."""
_ISSUED: frozenset[Standing] = frozenset({"upcoming", "valid"})


class _Claims(BaseModel):
    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)


class Place(_Claims):
    """Where its status is told."""

    idx: int = Field(ge=0)
    """Place in the list."""
    uri: str
    """Address of the list."""


class Status(_Claims):
    """How its status is told (IETF Token Status List)."""

    status_list: Place
    """By a list."""


class Credential(_Claims):
    """What is signed."""

    iss: str
    """Who says so: the address of the review service of the federation that granted the honour."""
    sub: CreditCode
    """Credit code of the chamber."""
    jti: str
    """The honour: `<line>:<credit code>:<round>`."""
    nbf: int
    """Valid from, seconds since 1970."""
    exp: int
    """Valid until, not included."""
    line: str
    """The honour line."""
    round: str
    """Code of the round."""
    level: Level
    """Level of the chamber."""
    area: Area
    """Area of the chamber."""
    name: str
    """Name of the chamber as of the grant."""
    name_now: str | None = Field(default=None, exclude_if=lambda name: name is None)
    """Its name when this was signed, if it is another by then."""
    document: str
    """Number of the announcing document."""
    status: Status
    """Where it is told whether it was revoked since."""

    @property
    def valid_from(self) -> datetime:
        """Valid from."""
        return datetime.fromtimestamp(self.nbf, UTC)

    @property
    def valid_until(self) -> datetime:
        """Valid until, not included."""
        return datetime.fromtimestamp(self.exp, UTC)

    @classmethod
    def of(cls, register: Register, term: Term, *, issuer: str, place: int, name: str | None = None) -> Self:
        """The statement about a term, by an issuer, with its status at this place of the line's list.

        `name` is the present one, if the chamber ever took another than it was known by.
        """
        return cls(
            iss=issuer,
            sub=register.code,
            jti=term.honour,
            nbf=int(term.valid_from.timestamp()),
            exp=int(term.valid_until.timestamp()),
            line=register.line,
            round=term.round,
            level=term.chamber.level,
            area=term.chamber.area,
            name=term.chamber.name,
            name_now=name if name != term.chamber.name else None,
            document=term.document,
            status=Status(status_list=Place(idx=place, uri=list_address(issuer, register.line))),
        )


def list_address(issuer: str, line: str) -> str:
    """The address of a line's status list."""
    return f"{issuer}/status-lists/{line}"


def scanned(bulletin: str, honour: str, signed: str) -> str:
    """What the QR code says: where to look the honour up, and behind `#`, which no browser sends, the statement.

    A statement that would make the code too fine to scan from paper is left out.
    """
    address = f"{bulletin}/verify?q={quote(honour, safe=':')}"
    whole = f"{address}#{signed}"
    return whole if len(whole) <= SCANS else address


def require_issuable(term: Term) -> None:
    """Certificates are given for what is in force or announced to be.

    Raises:
        NotFound: the honour is suspended, or has ended.
    """
    if term.status not in _ISSUED:
        zh, en = STANDING_WORDS[term.status]
        raise none_given(
            "certificate.suspended" if term.status == "suspended" else "certificate.ended",
            rule=(f"称号 {term.honour} {zh}，不出具证书。", f"No certificate is given: {term.honour} is {en}."),
            remedy=("请在登记册中查看该商会现有的称号。", "See the register for what the chamber holds now."),
        )


def none_given(code: str, *, rule: tuple[str, str], remedy: tuple[str, str]) -> NotFound:
    """There is no certificate of an honour that there is, to be raised."""
    return NotFound(problem(code, "honour", rule=rule, remedy=remedy))
