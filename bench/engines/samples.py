"""Applications drawn from a seed, each with facts of its own: what a round hands in, strong and weak, some left out."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from random import Random
from typing import Any

from services.scoring.domain import Item, Standard
from services.scoring.domain.fields import Field, FieldType
from shared.contracts.chambers import Chamber, Facts

_GIVEN = 0.9
_APPROVED = 0.8


@dataclass(frozen=True)
class Sample:
    """One application; half of them are marked by experts."""

    chamber: Chamber
    facts: Facts
    marks: dict[str, Decimal]


def samples(standard: Standard, seed: int, count: int) -> list[Sample]:
    """So many applications."""
    random = Random(seed)  # noqa: S311 - samples, not secrets
    return [_sample(standard, random, number) for number in range(count)]


def _sample(standard: Standard, random: Random, number: int) -> Sample:
    members = random.randrange(40, 900)
    facts = {item.code: dict(_facts(standard, item, random, members)) for item in standard.rubric.items.values()}
    chamber = Chamber(
        code=f"51350200MJB{number:06}K",
        name=f"示例商会{number}（虚构）",
        type=random.choice(["industry", "general", "hometown", "town"]),
        level=random.choice(["province", "city", "county"]),
        area="3502",
        relation=random.choice(["affiliated", "party_work", "group_member"]),
        founded=_date(random, 1990, 2019),
        last_election=_date(random, 2016, 2021),
    )
    maxima = standard.rubric.judged_maxima if number % 2 else {}
    marks = {code: (most * random.randrange(40, 101) / 100).quantize(Decimal("0.01")) for code, most in maxima.items()}
    return Sample(chamber, {code: given for code, given in facts.items() if given}, marks)


def _facts(standard: Standard, item: Item, random: Random, members: int) -> Iterator[tuple[str, Any]]:
    for name, field in item.fields.items():
        if field.origin is None and random.random() < _GIVEN:
            yield name, _value(standard, field, random, members)


def _value(standard: Standard, field: Field, random: Random, members: int) -> Any:
    """A value of the field; counts of firms and members are of the chamber's size, others are small."""
    large = field.unit is not None and field.unit.en in {"people", "firms"}
    choices = field.choices if isinstance(field.choices, dict) else standard.parameters.names(field.choices)
    names = sorted(choices)
    draw: Mapping[FieldType, Callable[[], Any]] = {
        "integer": lambda: _count(random, members, large=large),
        "boolean": lambda: random.random() < _APPROVED,
        "amount": lambda: f"{random.randrange(10**8) / 100:.2f}",
        "date": lambda: _date(random, 2015, 2021),
        "dates": lambda: [_date(random, 2005, 2021) for _ in range(random.choice([0, 0, 0, 1]))],
        "choice": lambda: random.choice(names),
        "list": lambda: random.sample(names, random.randrange(len(names) + 1)),
        "yearly": lambda: {str(year): _count(random, members, large=large) for year in range(2018, 2021)},
        "series": lambda: {f"事件{n}": _count(random, members, large=True) for n in range(random.randrange(3))},
        "text": lambda: f"自评说明 {random.randrange(10**9)}：制度健全，活动经常，会员参与。",
    }
    return draw[field.type]()


def _count(random: Random, members: int, *, large: bool) -> int:
    return random.randrange(members // 8, members + 1) if large else random.randrange(7)


def _date(random: Random, first: int, last: int) -> str:
    return f"{random.randrange(first, last)}-{random.randrange(1, 13):02}-{random.randrange(1, 29):02}"
