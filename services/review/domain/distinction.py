"""A distinction 十佳: of those who are announced the best few, by a quota and tie rules of its own.

It ranks by final points whom an announcement grants the honour. What is left of the quota after earlier announcements
of the round is what a later one may give.
"""

from collections.abc import Iterable, Sequence

from pydantic import BaseModel, ConfigDict

from services.review.domain.ranking import Bounds, Contender, Outcome, Place, order, places
from services.review.domain.stages import Distinction, TieRule, line_of
from shared.contracts import notices
from shared.contracts.text import Text, text


class Ranked(BaseModel):
    """Who is distinguished, with all that it was computed from."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    line: str
    """The honour line of the distinction."""
    title: Text
    """What it is called."""
    ties: tuple[TieRule, ...]
    """The tie rules."""
    bounds: Bounds
    """What was left of the quota, and the floor."""
    contenders: tuple[Contender, ...]
    """Who was ranked."""
    places: tuple[Place, ...]
    """In order."""

    @property
    def distinguished(self) -> frozenset[str]:
        """The cases that it is given to."""
        return frozenset(place.case for place in self.places if place.nominated)

    def public(self) -> notices.Distinction:
        """As it is announced."""
        return notices.Distinction(
            line=self.line,
            title=self.title,
            quota=self.bounds.quota,
            entries=tuple(
                notices.DistinctionEntry(
                    case=place.case,
                    points=place.points,
                    rank=place.rank,
                    distinguished=place.nominated,
                    why=place.why,
                )
                for place in self.places
            ),
        )


def rank(honour: str, rule: Distinction, contenders: Sequence[Contender], earlier: Iterable[Ranked]) -> Ranked:
    """Rank those whom an announcement honours.

    Args:
        honour: The line of the round's honour.
        rule: The rule of the procedure.
        contenders: Who is announced, with final points.
        earlier: What earlier announcements of the round have given.
    """
    given = sum(len(one.distinguished) for one in earlier)
    bounds = Bounds(quota=max(rule.quota - given, 0), floor=rule.floor)
    ordered = tuple(order(contenders, rule.ties))
    return Ranked(
        line=line_of(honour, rule),
        title=rule.title,
        ties=rule.ties,
        bounds=bounds,
        contenders=ordered,
        places=tuple(placed(ordered, rule.ties, bounds, rule.title)),
    )


def placed(ordered: Sequence[Contender], ties: Sequence[TieRule], bounds: Bounds, title: Text) -> list[Place]:
    """The places of such a ranking, each with its reason."""
    outcome = Outcome(
        inside=text(f"授予“{title.zh}”", f"distinguished as {title.en}"),
        outside=text(f"未列入“{title.zh}”", f"not distinguished as {title.en}"),
    )
    return places(ordered, ties, bounds, outcome)
