"""How a chamber, a file and an item appear in events."""

from typing import Literal

from pydantic import Field

from shared.contracts.area import Area, Level
from shared.contracts.event import CreditCode, Instant, Part, Sha256

ChamberType = Literal[
    "hometown", "industry", "group", "general", "town", "street", "village", "market", "park", "building", "other"
]
"""异地 · 行业 · 特定对象 · 综合 · 乡镇 · 街道 · 村 · 市场 · 园区 · 楼宇 · 其他 (the first four: S:002)."""
Relation = Literal["affiliated", "party_work", "group_member", "none"]
"""所属 · 党建工作由工商联领导和管理 · 团体会员 · 无 (S:004 认定范围)."""
FactValue = bool | int | str | list[str] | dict[str, int]
"""One fact: yes/no, a count, a word or decimal as text, a list of words, or a count per year."""
Facts = dict[str, dict[str, FactValue]]
"""Facts per rubric item and field: `{"B2.i": {"visited": {"2019": 31}}}`."""


class Chamber(Part):
    """A chamber 商会 as it was when the event happened. The credit code survives renames."""

    code: CreditCode
    """Unified social credit code: the chamber's key."""
    name: str = Field(min_length=2, max_length=100)
    """Registered name, as of the event."""
    type: ChamberType
    """Type of chamber."""
    level: Level
    """Level of the federation it belongs to."""
    area: Area
    """Area of the federation that reviews it first."""
    relation: Relation = "affiliated"
    """Relation to the federation."""
    founded: str | None = Field(default=None, pattern=r"^\d{4}-\d{2}-\d{2}$")
    """Date of registration, `YYYY-MM-DD`."""
    last_election: str | None = Field(default=None, pattern=r"^\d{4}-\d{2}-\d{2}$")
    """Date of the last change of leadership (换届), `YYYY-MM-DD`."""


class Evidence(Part):
    """A file, known by its hash; the file itself never travels on the bus."""

    sha256: Sha256
    """SHA-256 of its bytes."""
    name: str
    """File name as handed in."""
    media_type: str
    """What the bytes really are, e.g. `application/pdf`."""
    size: int = Field(ge=0)
    """Bytes."""
    items: tuple[str, ...]
    """Rubric items it supports, e.g. `B2.i`."""


class Receipt(Part):
    """Proof of what was handed in, and when."""

    number: str
    """The receipt's number, printed for people."""
    digest: Sha256
    """SHA-256 over the canonical content: chamber, round, facts and evidence."""
    at: Instant
    """When it was accepted and durably stored."""
