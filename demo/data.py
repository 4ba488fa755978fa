"""The scenario, read from `demo/scenario` and typed. All of it is data that people can review; see its README."""

import csv
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from demo.parts import Application, Committee, Expected, Loss, Story, Term
from shared.contracts import CENTRE, Chamber, Facts, FactValue, Round

SCENARIO = Path(__file__).parent / "scenario"
LEVELS = {"national": "全国", "province": "省级", "city": "市级", "county": "县级", "town": "乡镇"}
"""Levels as the lists of chambers name them."""
TYPES = {
    "hometown": "异地商会",
    "industry": "行业商会",
    "group": "特定对象商会",
    "general": "综合商会",
    "town": "乡镇商会",
    "street": "街道商会",
    "market": "市场商会",
    "park": "园区商会",
}
"""Types as the lists of chambers name them."""
RELATIONS = {"affiliated": "所属", "party_work": "党建", "group_member": "团体会员", "none": "无"}
"""Relations to the federation as the lists of chambers name them."""
HEADINGS = {
    "code": "统一社会信用代码",
    "name": "商会名称",
    "type": "类型",
    "level": "级别",
    "area": "地区代码",
    "relation": "与工商联关系",
    "founded": "登记日期",
    "last_election": "最近换届日期",
    "former_names": "曾用名",
}
"""Columns of the lists of chambers."""
FIGURES = ("members", "firms", "visited", "contacted")


class Scenario:
    """Everything in `directory`."""

    def __init__(self, directory: Path = SCENARIO) -> None:
        self.directory = directory
        plan = self.read_yaml("round.yaml")
        self.round = Round.model_validate(plan["round"])
        self.now: datetime = plan["now"]
        self.clock: Mapping[str, datetime] = plan["clock"]
        self.last_round: Mapping[str, Any] = plan["last_round"]
        self.announcement: Mapping[str, Any] = plan["announcement"]
        self.committee = Committee.model_validate(self.read_yaml("experts.yaml"))

    def read_yaml(self, name: str) -> Any:
        """A YAML file of the scenario."""
        return yaml.safe_load((self.directory / name).read_text("utf-8"))

    def read_csv(self, name: str) -> list[dict[str, str]]:
        """A CSV file of the scenario, its byte order mark left out."""
        with (self.directory / name).open(encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file))

    @cached_property
    def stories(self) -> dict[str, Story]:
        """Stories by key."""
        rows = self.read_yaml("stories.yaml")
        for row in rows:
            if "return" in row.get("acts", {}):
                row["acts"]["returns"] = row["acts"].pop("return")
        return {row["key"]: Story.model_validate(row) for row in rows}

    @cached_property
    def losses(self) -> dict[str, Loss]:
        """Ways to fall short, by name."""
        return {name: Loss.model_validate(loss) for name, loss in self.read_yaml("losses.yaml").items()}

    @cached_property
    def chambers(self) -> dict[str, Chamber]:
        """Every registered chamber by credit code."""
        listed = (chamber_of(row) for area in self.lists for row in self.read_csv(list_name(area)))
        return {chamber.code: chamber for chamber in listed}

    @property
    def lists(self) -> tuple[str, ...]:
        """Areas whose officers bring a list of chambers."""
        return (CENTRE, *sorted(self.round.quotas))

    @cached_property
    def applications(self) -> tuple[Application, ...]:
        """Who applies, in the order of the credit codes."""
        return tuple(
            Application(
                chamber=self.chambers[row["chamber"]],
                story=self.stories[row["story"]] if row["story"] else None,
                figures={name: numbers(row[name]) for name in FIGURES},
                lacks=tuple(row["lacks"].split()),
            )
            for row in self.read_csv("applications.csv")
        )

    @cached_property
    def terms(self) -> tuple[Term, ...]:
        """Honours of the last round."""
        return tuple(Term.model_validate(row) for row in self.read_csv("honours.csv"))

    @cached_property
    def expected(self) -> dict[str, Expected]:
        """The exact outcome of every application, by its id."""
        rows = (Expected.model_validate(row) for row in self.read_csv("expected.csv"))
        return {row.application: row for row in rows}

    @cached_property
    def _profile(self) -> dict[str, Facts]:
        return dict(self.read_yaml("facts.yaml"))

    def id_of(self, chamber: Chamber) -> str:
        """The id of a chamber's application in this round."""
        return f"{self.round.code}-{chamber.code}"

    def facts_of(self, application: Application) -> Facts:
        """What the application declares at first; an item that its story leaves empty is not filled in."""
        chamber = application.chamber
        sections = ("everyone", chamber.type, chamber.relation)
        layers = [self._profile[name] for name in sections if name in self._profile]
        layers += [self.losses[name].facts for name in application.lacks]
        facts: Facts = {}
        for layer in layers:
            for item, fields in layer.items():
                facts[item] = {**facts.get(item, {}), **fields}
        values = figures_of(application.figures)
        filled = {item: {k: _fill(v, values) for k, v in fields.items()} for item, fields in facts.items()}
        own = application.story.facts if application.story else {}
        changed = {item: {**filled.get(item, {}), **fields} if fields else {} for item, fields in own.items()}
        return {**filled, **changed}


def chamber_of(row: Mapping[str, str]) -> Chamber:
    """A row of a list of chambers."""
    values = {field: row[heading] for field, heading in HEADINGS.items() if field != "former_names"}
    words = {"type": TYPES, "level": LEVELS, "relation": RELATIONS}
    keys = {field: _back(known, values[field]) for field, known in words.items()}
    return Chamber.model_validate({field: value or None for field, value in {**values, **keys}.items()})


def list_name(area: str) -> str:
    """The file of an area's chambers."""
    return f"chambers-{area}.csv"


def figures_of(figures: Mapping[str, Iterable[int]]) -> dict[str, FactValue]:
    """What a chamber's own figures say in the terms of `facts.yaml`."""
    before, first, members = figures["members"]
    firms, visited, contacted = (dict(zip(("2023", "2024"), figures[name], strict=True)) for name in FIGURES[1:])
    return {
        "members": {"2022": before, "2023": first, "2024": members},
        "firms": firms,
        "visited": visited,
        "contacted": contacted,
        "members_now": members,
        "young": members * 18 // 100,
        "small": members * 45 // 100,
        "innovative": members * 9 // 100,
        "individual": members * 6 // 100,
        "signed": members * 70 // 100,
        "attending": {year: count * 55 // 100 for year, count in firms.items()},
        "drill": {"2024-04 防汛演练": firms["2024"]},
        "reached": {"2024-04 防汛演练": -(-firms["2024"] * 90 // 100)},
    }


def numbers(cell: str) -> tuple[int, ...]:
    """`200 210` → (200, 210)."""
    return tuple(int(word) for word in cell.split())


def _fill(value: FactValue, values: Mapping[str, FactValue]) -> FactValue:
    return values[value[1:]] if isinstance(value, str) and value.startswith("$") else value


def _back(words: Mapping[str, str], word: str) -> str:
    return next(key for key, value in words.items() if value == word)
