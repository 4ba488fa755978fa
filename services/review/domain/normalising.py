"""Marks made comparable 标准化: how strict an expert is, and how far apart they put the cases, is taken out (z-score).

What an expert gave a case is a share: points given of points possible, over its judged items. Of each expert who has
marked enough cases, mean and deviation of these shares are taken; and of all such experts together:

    z = (share − expert's mean) / expert's deviation        new share = common mean + z × common deviation, 0 to 1

The items then follow in proportion: less, every mark shrinks alike; more, everything that was left ungiven shrinks
alike. So a case comes to its new share, no mark leaves its scale, and an expert's order of items stays.

Shares are exact fractions. Means and deviations (of the whole cohort, divided by n) are rounded to six places, halves
up, before they are used: whoever has the recorded figures computes the same. Marks are rounded to two places at the
end, halves up, and never above their scale. That experts see like cases is taken for granted; see that they are
assigned by lot. The method and its figures are ours; no source names one.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from fractions import Fraction

from pydantic import BaseModel, ConfigDict

from services.review.domain.exact import half_up, root_half_up, scaled
from shared.contracts.text import Text, text

_PLACES = 6
"""Of means and deviations."""
LEAST_DEVIATION = Decimal("0.01")
"""An expert whose shares deviate less hardly tells cases apart: to stretch that would decide by chance. Ours."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Given(_Part):
    """What an expert gave a case in all."""

    case: str
    """Id of the case."""
    expert: str
    """Id of the expert."""
    points: Decimal
    """Points given."""
    of: Decimal
    """Points possible."""

    @property
    def share(self) -> Fraction:
        """Points given of points possible."""
        return Fraction(self.points) / Fraction(self.of)


class Standing(_Part):
    """How an expert marks."""

    expert: str
    """Id of the expert."""
    cases: int
    """How many cases they marked."""
    mean: Decimal
    """Mean share, 0 to 1, six places."""
    deviation: Decimal
    """Standard deviation of the shares, six places."""
    normalised: bool
    """Whether their marks are normalised."""
    why: Text
    """Why, or why not, with the figures."""


class Yardstick(_Part):
    """What marks are normalised by."""

    min_cases: int
    """Cases an expert must have marked."""
    mean: Decimal | None
    """Mean share of all experts who are normalised; None if nobody is."""
    deviation: Decimal | None
    """Standard deviation of these shares."""
    experts: tuple[Standing, ...]
    """By id."""

    def of(self, experts: Iterable[str]) -> "Yardstick":
        """The same for these experts only."""
        wanted = frozenset(experts)
        return self.model_copy(update={"experts": tuple(one for one in self.experts if one.expert in wanted)})


def measured(given: Iterable[Given], min_cases: int) -> Yardstick:
    """Mean and deviation of every expert, and of those who are normalised; in whatever order marks are given."""
    shares: dict[str, list[Fraction]] = {}
    for one in given:
        shares.setdefault(one.expert, []).append(one.share)
    experts = tuple(_standing(expert, shares[expert], min_cases) for expert in sorted(shares))
    common = [share for one in experts if one.normalised for share in shares[one.expert]]
    mean, deviation = _mean_and_deviation(common) if common else (None, None)
    return Yardstick(min_cases=min_cases, mean=mean, deviation=deviation, experts=experts)


def normalised(
    expert: str, marks: Mapping[str, Decimal], scales: Mapping[str, Decimal], yardstick: Yardstick
) -> dict[str, Decimal]:
    """An expert's marks of a case as they count: normalised, or as given where the expert is not.

    Args:
        expert: Whose.
        marks: As given.
        scales: The judged items, with what is possible for each; every one has a mark.
        yardstick: What is known of the cohort.
    """
    given = {item: marks[item] for item in scales}
    standing = next((one for one in yardstick.experts if one.expert == expert), None)
    if standing is None or not standing.normalised or yardstick.mean is None or yardstick.deviation is None:
        return given
    share = sum(map(Fraction, given.values()), Fraction(0)) / sum(map(Fraction, scales.values()), Fraction(0))
    z = (share - Fraction(standing.mean)) / Fraction(standing.deviation)
    aim = min(max(Fraction(yardstick.mean) + z * Fraction(yardstick.deviation), Fraction(0)), Fraction(1))
    if aim == share:
        return given
    upwards = aim > share
    factor = (1 - aim) / (1 - share) if upwards else aim / share
    return {item: _moved(mark, scales[item], factor, upwards=upwards) for item, mark in given.items()}


def said(yardstick: Yardstick) -> Text:
    """In a sentence: whose marks were normalised, and whose were not."""
    every = len(yardstick.experts)
    without = sum(not one.normalised for one in yardstick.experts)
    if not without:
        return text(f"{every} 名专家的评分均已标准化。", f"The marks of all {every} experts are normalised.")
    least = yardstick.min_cases
    zh = f"未标准化 {without} 名：评审案件不足 {least} 件，或各案评分几乎相同"
    en = f"not normalised: {without}, who marked fewer than {least} cases, or all nearly alike"
    if without == every:
        return text(f"{zh}。", f"{en[0].upper()}{en[1:]}.")
    return text(
        f"{every} 名专家中，已标准化 {every - without} 名；{zh}。",
        f"Of {every} experts {every - without} are normalised; {en}.",
    )


def _standing(expert: str, shares: list[Fraction], min_cases: int) -> Standing:
    mean, deviation = _mean_and_deviation(shares)
    number = len(shares)
    if number < min_cases:
        why = text(
            f"未标准化：评审 {number} 件，至少须 {min_cases} 件。",
            f"Not normalised: {number} cases marked, {min_cases} are needed.",
        )
    elif deviation < LEAST_DEVIATION:
        why = text(
            f"未标准化：{number} 件评分几乎相同。", f"Not normalised: all {number} cases were marked nearly alike."
        )
    else:
        why = text(
            f"已标准化：评审 {number} 件，至少须 {min_cases} 件。",
            f"Normalised: {number} cases marked, {min_cases} are needed.",
        )
    done = number >= min_cases and deviation >= LEAST_DEVIATION
    return Standing(expert=expert, cases=number, mean=mean, deviation=deviation, normalised=done, why=why)


def _mean_and_deviation(shares: list[Fraction]) -> tuple[Decimal, Decimal]:
    mean = sum(shares, Fraction(0)) / len(shares)
    variance = sum(((share - mean) ** 2 for share in shares), Fraction(0)) / len(shares)
    return half_up(mean, _PLACES), root_half_up(variance, _PLACES)


def _moved(mark: Decimal, scale: Decimal, factor: Fraction, *, upwards: bool) -> Decimal:
    """A mark whose distance from one end of its scale is multiplied; two places, halves up, and within the scale.

    In whole numbers, since a round has some 400,000 of them.
    """
    (points, part), (most, whole) = mark.as_integer_ratio(), scale.as_integer_ratio()
    end, (above, below) = most if upwards else 0, factor.as_integer_ratio()
    exact = end * part * below + (points * whole - end * part) * above
    unit = whole * part * below
    return scaled(min((200 * exact + unit) // (2 * unit), 100 * most // whole), 2)
