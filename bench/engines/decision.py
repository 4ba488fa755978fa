"""What is compared: the same figures from every contender."""

from typing import NamedTuple

from services.scoring.domain.figures import Figures


class Decision(NamedTuple):
    """Points of every item, total and pending points, in hundredths; the gates."""

    points: tuple[int, ...]
    total: int
    pending: int
    gates: tuple[str, ...]

    @classmethod
    def of(cls, figures: Figures) -> "Decision":
        """Ours."""
        gates = tuple(result or "none" for result in figures.gates)
        return cls(figures.points, figures.total.points, figures.total.pending, gates)
