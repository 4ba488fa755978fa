"""How the synthetic part of the scenario was made: `python -m demo.generate` writes the lists anew, always the same.

What is written: the lists of chambers, who applies with which figures and shortcomings, the last round's honours, and
the outcome that every application must have. The outcome follows from the design, never from a run: a story says what
comes of it, and of the many those of tier `in` lack so little, and those of tier `out` so much, that the quota falls
between them. A test scores every one with the engine and confirms the order.
"""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import count
from random import Random
from typing import Any

from stdnum.cn import uscc

from demo.data import HEADINGS, LEVELS, RELATIONS, SCENARIO, TYPES, Scenario, list_name
from demo.parts import Story
from shared.contracts import level_of, province_of

_SLIGHT, _HEAVY = Decimal("2.5"), Decimal(8)
"""Those within the quota lose at most the one, those outside at least the other; the designed edges lie between."""
_ENDINGS = {
    "town": "镇商会",
    "street": "街道商会",
    "market": "市场商会",
    "park": "产业园商会",
    "group": "青年商会",
}


@dataclass
class Made:
    """A chamber in the making."""

    name: str
    area: str
    level: str
    type: str
    relation: str = "affiliated"
    founded: str = ""
    last_election: str = ""
    former_names: str = ""
    story: Story | None = None
    winner: bool = False
    applies: bool = False
    code: str = ""
    tier: str = "none"
    lacks: tuple[str, ...] = ()
    figures: dict[str, tuple[int, ...]] = field(default_factory=dict)


class Generator:
    """Makes the scenario from its hand-written part."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.places: Mapping[str, Any] = scenario.read_yaml("places.yaml")
        self.dice = Random(self.places["seed"])  # noqa: S311 - the same every time, on purpose
        words = [a + b for a in self.places["first"] for b in self.places["second"]]
        self.words = {area: self.dice.sample(words, len(words)) for area in scenario.lists}
        trades = self.places["trades"]
        self.trades = {area: self.dice.sample(trades, len(trades)) for area in scenario.lists}

    def chambers(self) -> list[Made]:
        """Every registered chamber, with its code."""
        given = [*self._stories(), *self._real()]
        made = [chamber for region in self.places["regions"] for chamber in self._region(region, given)]
        serials = {area: count(1) for area in {chamber.area for chamber in made}}
        for chamber in made:
            chamber.code = credit_code(chamber.area, next(serials[chamber.area]))
            self._date(chamber)
        self._rank(made)
        return made

    def _stories(self) -> Iterator[Made]:
        for story in self.scenario.stories.values():
            yield Made(
                name=story.name + self.places["suffix"],
                former_names="；".join(story.former_names),
                story=story,
                applies=not story.acts.stays_away,
                tier=story.tier,
                **dict[str, Any](story.chamber),
            )

    def _real(self) -> Iterator[Made]:
        for row in self.scenario.read_yaml("winners.yaml"):
            yield Made(**row, winner=True, applies=True, tier="in")
        for row in self.places["named"]:
            yield Made(**row)

    def _region(self, region: Mapping[str, Any], given: Sequence[Made]) -> Iterator[Made]:
        """The chambers of an area: the given ones first, then as many invented ones as its register counts."""
        here = [chamber for chamber in given if chamber.area == region["area"]]
        for kind, wanted in region["register"].items():
            invented = wanted - sum(chamber.type == kind for chamber in here)
            here += [self._invented(region, kind) for _ in range(invented)]
        idle = [chamber for chamber in here if not chamber.applies and not chamber.story and self._is_invented(chamber)]
        for chamber in idle[: region["apply"] - sum(chamber.applies for chamber in here)]:
            chamber.applies, chamber.tier = True, "out"
        yield from here

    def _is_invented(self, chamber: Made) -> bool:
        return chamber.name.endswith(self.places["suffix"])

    def _invented(self, region: Mapping[str, Any], kind: str) -> Made:
        area = region["area"]
        home = province_of(area)
        if kind == "industry" and self.trades[home]:
            name = f"{region['city']}{self.trades[home].pop()}行业商会"
        else:
            name = f"{region['city']}{self.words[home].pop()}{_ENDINGS.get(kind, '商会')}"
        level = "town" if kind in {"town", "street"} else level_of(area)
        relation = self.dice.choices(("affiliated", "party_work", "group_member"), (80, 12, 8))[0]
        return Made(name + self.places["suffix"], area, level, kind, relation)

    def _date(self, chamber: Made) -> None:
        given = chamber.story.chamber if chamber.story else {}
        founded, elected = self.dice.randint(2004, 2021), self.dice.choice((2022, 2023))
        month, day = self.dice.randint(1, 12), self.dice.randint(1, 28)
        chamber.founded = given.get("founded", f"{founded}-{month:02}-{day:02}")
        drawn = max(f"{elected}-{day % 12 + 1:02}-{month:02}", chamber.founded)
        chamber.last_election = given.get("last_election", drawn)

    def _rank(self, made: Iterable[Made]) -> None:
        """Fill up every province's quota, then give everybody who applies figures and shortcomings."""
        applicants = [chamber for chamber in made if chamber.applies]
        for province, quota in self.scenario.round.quotas.items():
            own = [chamber for chamber in applicants if province_of(chamber.area) == province]
            free = [chamber for chamber in own if chamber.tier == "out" and not chamber.story]
            for chamber in self.dice.sample(free, quota - sum(chamber.tier == "in" for chamber in own)):
                chamber.tier = "in"
        for chamber in applicants:
            given = chamber.story.lacks if chamber.story else None
            chamber.lacks = self._lacks(chamber.tier) if given is None else given
            chamber.figures = self._figures(chamber)

    def _lacks(self, tier: str) -> tuple[str, ...]:
        losses = self.scenario.losses
        names = self.dice.sample(list(losses), len(losses))
        chosen: list[str] = []
        lost, goal = Decimal(0), _SLIGHT if tier == "in" else _HEAVY + self.dice.randint(0, 6)
        for name in names:
            if tier == "in" and lost + losses[name].costs > goal:
                continue
            if lost >= goal:
                break
            chosen.append(name)
            lost += losses[name].costs
        return tuple(sorted(chosen)) if tier != "none" else ()

    def _figures(self, chamber: Made) -> dict[str, tuple[int, ...]]:
        before = self.dice.randint(110, 420)
        first = before + self.dice.randint(4, 40)
        last = first if "no_growth" in chamber.lacks else first + self.dice.randint(3, 35)
        firms = (first * 78 // 100, last * 78 // 100)
        visited = [-(-n * self.dice.randint(24, 60) // 100) for n in firms]
        if "few_visits" in chamber.lacks:
            visited[1] = firms[1] * self.dice.randint(9, 18) // 100
        weak = "weak_contact" in chamber.lacks
        percent = [self.dice.randint(35, 55) if weak else self.dice.randint(64, 90) for _ in firms]
        contacted = [
            n * share // 100 if weak else -(-n * share // 100) for n, share in zip(firms, percent, strict=True)
        ]
        drawn = {
            "members": (before, first, last),
            "firms": firms,
            "visited": tuple(visited),
            "contacted": tuple(contacted),
        }
        own = chamber.story.figures if chamber.story else {}
        if "firms" in own:
            drawn |= {"members": (240, 250, 262), "contacted": tuple(n * 80 // 100 for n in own["firms"])}
        return {**drawn, **own}


def credit_code(area: str, serial: int) -> str:
    """A valid credit code (GB 32100-2015) of a social organisation that nobody has: its organisation code begins YY."""
    organ = "100000" if area == "CN" else area.ljust(6, "0")
    body = f"YY{serial:06}"
    digits = ["0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ".index(c) for c in body]
    check = -sum(d * w for d, w in zip(digits, (3, 7, 9, 10, 5, 8, 4, 2), strict=True)) % 11
    head = f"51{organ}{body}{'0123456789X'[check]}"
    return head + uscc.calc_check_digit(head)


def outcome_of(chamber: Made) -> tuple[str, str]:
    """What must come of it: the story says so; of the many, the tier."""
    if chamber.story:
        return chamber.story.outcome, chamber.story.reason
    return ("honoured", "") if chamber.tier == "in" else ("declined", "quota")


def write(scenario: Scenario) -> None:
    """Write every list."""
    made = Generator(scenario).chambers()
    for area in scenario.lists:
        rows = [_listed(chamber) for chamber in made if province_of(chamber.area) == area]
        _save(list_name(area), list(HEADINGS.values()), rows)
    applicants = sorted((chamber for chamber in made if chamber.applies), key=lambda chamber: chamber.code)
    _save(
        "applications.csv",
        ["chamber", "name", "story", "tier", "members", "firms", "visited", "contacted", "lacks"],
        [
            [
                *(chamber.code, chamber.name, chamber.story.key if chamber.story else "", chamber.tier),
                *(" ".join(map(str, numbers)) for numbers in chamber.figures.values()),
                " ".join(chamber.lacks),
            ]
            for chamber in applicants
        ],
    )
    _save(
        "expected.csv",
        ["application", "name", "outcome", "reason"],
        [[f"{scenario.round.code}-{chamber.code}", chamber.name, *outcome_of(chamber)] for chamber in applicants],
    )
    _save("honours.csv", ["code", "name", "area", "level", "type", "becomes"], list(_terms(made)))


def _terms(made: Iterable[Made]) -> Iterator[list[str]]:
    for chamber in made:
        former = chamber.name if chamber.winner else chamber.story.acts.holder if chamber.story else ""
        if former:
            becomes = "superseded" if outcome_of(chamber)[0] == "honoured" else "expired"
            yield [chamber.code, former, chamber.area, chamber.level, chamber.type, becomes]


def _listed(chamber: Made) -> list[str]:
    return [
        *(chamber.code, chamber.name, TYPES[chamber.type], LEVELS[chamber.level], chamber.area),
        *(RELATIONS[chamber.relation], chamber.founded, chamber.last_election, chamber.former_names),
    ]


def _save(name: str, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    with (SCENARIO / name).open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(headings)
        writer.writerows(rows)


if __name__ == "__main__":
    write(Scenario())
