"""Which marks fit: within the scale of a judged item, two decimals at most."""

from collections.abc import Mapping
from decimal import Decimal

from services.review.domain.trimmed import PLACES
from shared.kernel.problem import Problem, problem


def wrong_marks(judged: Mapping[str, Decimal], marks: Mapping[str, Decimal]) -> list[Problem]:
    """Every judged item must have a mark between 0 and its points, and nothing else."""
    every = sorted({*judged, *marks})
    return [found for item in every if (found := wrong_mark(item, judged.get(item), marks.get(item)))]


def wrong_mark(item: str, of: Decimal | None, given: Decimal | None) -> Problem | None:
    """What is wrong with a mark; None if it fits.

    Args:
        item: Code of the item.
        of: What is possible for it; None: it is not judged.
        given: The mark; None: there is none.
    """
    if of is not None and given is not None and 0 <= given <= of and given == given.quantize(PLACES):
        return None
    allowed = (f"0 至 {of} 分，至多两位小数", f"0 to {of}, two decimals at most")
    zh, en = allowed if of is not None else ("不由专家评分", "is not for experts to mark")
    return problem(
        "marks.item",
        f"marks.{item}",
        rule=(f"指标 {item}：{zh}。", f"Item {item}: {en}."),
        remedy=("请逐项填写全部专家评分指标。", "Give a mark for every judged item, and no other."),
    )
