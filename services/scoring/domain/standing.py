"""How an application stands, as far as a plan compares it: points in all and per item, gates, shortfalls."""

from collections.abc import Mapping
from decimal import Decimal

from services.scoring.domain.measured import Measured
from services.scoring.domain.record import Record
from shared.contracts.chambers import Chamber
from shared.contracts.event import Sha256
from shared.contracts.scores import GateResult
from shared.contracts.text import Text
from shared.kernel.state import State


class ItemStanding(State):
    """One item, or one gate."""

    points: Decimal = Decimal(0)
    """Points given, without bonus; 0 for a gate."""
    of: Decimal = Decimal(0)
    """Points possible; 0 for a gate."""
    gate: GateResult | None = None
    """How the gate came out, if it is one."""


class Lacking(State):
    """Why an item falls short, and what would cure it, as the scorecard says."""

    text: Text
    """What it demands."""
    lost: Decimal
    """Points lost; 0 for a gate."""
    cause: Text
    """Why."""
    remedy: Text
    """What would cure it."""


class Standing(State):
    """A scorecard, as a plan begins with it or is compared with it."""

    application: str
    """Id of the application."""
    round: str
    """Code of its round."""
    rubric: str
    """Rubric version."""
    digest: Sha256
    """Digest of the scorecard."""
    chamber: Chamber
    """The chamber, as it was then."""
    total: Decimal
    """Points in all."""
    items: Mapping[str, ItemStanding]
    """Every item and gate, by code."""
    lacking: Mapping[str, Lacking]
    """Gates that keep out or are to be verified, and items that lost points, costliest first."""


def standing_of(record: Record, measured: Measured) -> Standing:
    """How an application stands now."""
    card = measured.card()
    texts = {item.code: item.text for item in measured.standard.rubric.items.values()}
    points = {line.code: ItemStanding(points=line.points, of=line.maximum) for line in card.items}
    gates = {
        line.code: points.get(line.code, ItemStanding()).but(gate=line.result) for line in card.gates
    }  # a flat demand may be both
    shortfalls = {
        one.item: Lacking(text=texts[one.item], lost=one.lost, cause=one.cause, remedy=one.remedy)
        for one in card.shortfalls
    }
    blockers = {
        gate.code: Lacking(text=gate.text, lost=Decimal(0), cause=gate.reason, remedy=gate.remedy)
        for gate in card.blockers
    }
    return Standing(
        application=record.application,
        round=record.submission.round if record.submission else "",
        rubric=card.rubric,
        digest=card.digest,
        chamber=measured.chamber,
        total=card.total,
        items={**points, **gates},
        lacking={**blockers, **shortfalls},
    )
