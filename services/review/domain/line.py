"""A case as it stands in a list: what lists and exports read of it, without the rest of the document.

A list may have many thousands, so what is stored is looked at as it is, and not made a `Case` first.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from shared.contracts.area import CENTRE

FIELDS = (
    *("id", "application", "round", "jurisdiction", "chamber", "status", "stage", "entered", "deadline", "overdue"),
    *("revision", "nomination.rank", "ending.reason", "document", "rules.procedure.id"),
    *(f"rules.procedure.stages.{name}" for name in ("id", "kind", "title", "look_back_years")),
    *(f"score.{name}" for name in ("total", "pending", "dimensions", "rubric", "gates.item", "gates.result")),
)
"""What is read of a case, as stored; of what is not there, nothing is read."""
_NOTHING: Mapping[str, Any] = {}


@dataclass(frozen=True)
class Line:
    """One case in a list."""

    stored: Mapping[str, Any]
    """Its fields, as stored."""

    @property
    def id(self) -> str:
        """`<application>@<jurisdiction>`."""
        return str(self.stored["id"])

    @property
    def chamber(self) -> Mapping[str, Any]:
        """The chamber."""
        return self.part("chamber")

    @property
    def score(self) -> Mapping[str, Any]:
        """The scorecard in figures; empty without one."""
        return self.part("score")

    @property
    def procedure(self) -> Mapping[str, Any]:
        """Its procedure, in brief; empty until it opens."""
        return self.part("rules").get("procedure") or _NOTHING

    @property
    def stages(self) -> Sequence[Mapping[str, Any]]:
        """The stages of its procedure, in brief."""
        return self.procedure.get("stages") or ()

    @property
    def current(self) -> Mapping[str, Any]:
        """Its stage; the last one once it has ended."""
        here = self.stored["stage"]
        return next((stage for stage in self.stages if stage["id"] == here), _NOTHING)

    @property
    def ready(self) -> bool:
        """Whether the committee can vote on it: before the panel, with every point known."""
        before = self.stored["status"] == "open" and self.current.get("kind") == "expert_panel"
        return before and "pending" in self.score and Decimal(self.score["pending"]) == 0

    @property
    def look_back_years(self) -> int:
        """Years during which an expert's tie that has ended still counts."""
        return max((stage.get("look_back_years", 0) for stage in self.stages), default=0)

    def gates(self, result: str) -> list[str]:
        """The gates that came out so."""
        return [gate["item"] for gate in self.score.get("gates", ()) if gate["result"] == result]

    def part(self, name: str) -> Mapping[str, Any]:
        """A part of the case; empty if it has none."""
        return self.stored.get(name) or _NOTHING


def where_to_go_on(line: Line) -> str:
    """What continues a list after this case: lists are in the order of areas, within an area of ids."""
    return f"{line.chamber['area']}/{line.id}"


def place_of(after: str) -> tuple[str, str]:
    """Area and id, as `where_to_go_on` wrote them; a bare area or what nobody wrote is a place in the order, too."""
    area, _, id_ = after.partition("/")
    return area or CENTRE, id_
