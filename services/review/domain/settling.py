"""The experts' marks of one case become one mark per item: normalised first where the procedure asks, then trimmed."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from services.review.domain.case import Seat
from services.review.domain.exact import total
from services.review.domain.normalising import Given, Yardstick, normalised
from services.review.domain.trimmed import settle_item
from shared.contracts.cases import ExpertMark


def settle(
    seats: Sequence[Seat], scales: Mapping[str, Decimal], trim_from: int, yardstick: Yardstick | None
) -> tuple[ExpertMark, ...]:
    """One mark per item; `lowest` and `highest` are as they were given.

    Args:
        seats: The experts who count; each has marked every item.
        scales: The judged items, with what is possible for each.
        trim_from: From so many marks on, one highest and one lowest are left out.
        yardstick: By what marks are normalised; None: they count as given.
    """
    counting = [as_counted(seat, scales, yardstick) for seat in seats]
    found = []
    for item, of in scales.items():
        settled = settle_item(item, of, [marks[item] for marks in counting], trim_from)
        given = [seat.marks[item] for seat in seats]
        found.append(settled.model_copy(update={"lowest": min(given), "highest": max(given)}))
    return tuple(found)


def as_counted(seat: Seat, scales: Mapping[str, Decimal], yardstick: Yardstick | None) -> Mapping[str, Decimal]:
    """An expert's marks as they count."""
    return normalised(seat.expert, seat.marks, scales, yardstick) if yardstick else seat.marks


def in_all(case: str, seats: Sequence[Seat], scales: Mapping[str, Decimal]) -> tuple[Given, ...]:
    """What each expert gave a case in all, by expert."""
    of = total(scales.values())
    return tuple(
        Given(case=case, expert=seat.expert, points=total([seat.marks[item] for item in scales]), of=of)
        for seat in sorted(seats, key=lambda seat: seat.expert)
    )
