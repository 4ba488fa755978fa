"""What every act of the round works with: the scenario, the platform, and where cases are."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from demo.api import Platform, each, until
from demo.data import Scenario
from demo.parts import Acts, Application
from demo.show import Show
from demo.stand import FUJIAN, Stand
from shared.contracts import CENTRE, Text, province_of, text


@dataclass
class Play:
    """One round, as far as it has come."""

    scenario: Scenario
    stand: Stand
    show: Show
    noted: dict[str, Any] = field(default_factory=dict)
    """What the summary tells beside the outcomes."""

    @property
    def platform(self) -> Platform:
        """The platform."""
        return self.stand.platform

    @property
    def code(self) -> str:
        """The round's code."""
        return self.scenario.round.code

    def turn_to(self, name: str) -> None:
        """Turn the clock forward to an instant that the scenario names."""
        now = self.stand.clock.turn_to(self.scenario.clock[name])
        self.show.say(f"[dim]⏱ {now.astimezone(self.scenario.now.tzinfo):%Y-%m-%d %H:%M}[/dim]")

    def id_of(self, application: Application) -> str:
        """An application's id."""
        return self.scenario.id_of(application.chamber)

    def ids(self, chosen: Callable[[Acts], bool]) -> dict[str, Application]:
        """Applications whose acts are chosen, by id."""
        return {self.id_of(one): one for one in self.scenario.applications if chosen(one.acts)}

    @property
    def handed_in(self) -> dict[str, Application]:
        """Applications that come to be scored."""
        return self.ids(lambda acts: not acts.late and acts.withdraw != "draft")

    async def cases(self, jurisdiction: str, **where: Any) -> dict[str, dict[str, Any]]:
        """Cases of this round in a jurisdiction, by application."""
        officer, wanted = (
            self.platform.officer(jurisdiction),
            {"round": self.code, "jurisdiction": jurisdiction, **where},
        )
        found = await officer.every(service_of(jurisdiction), "/cases", **wanted)
        return {case["application"]: case for case in found}

    async def until_cases(
        self, what: Text, jurisdiction: str, wanted: Iterable[str], settled: Callable[[dict[str, Any]], bool]
    ) -> dict[str, dict[str, Any]]:
        """Wait until the cases of these applications are there and settled; answers all of the jurisdiction's."""
        ids, found = frozenset(wanted), dict[str, dict[str, Any]]()

        async def left() -> list[str]:
            found.update(await self.cases(jurisdiction))
            return [id_ for id_ in ids if id_ not in found or not settled(found[id_])]

        await until(what, left)
        return found

    async def applications(self, status: str) -> set[str]:
        """Applications of this status, as intake tells their chambers."""
        rows = await self.platform.operator().every("intake", "/applications", round=self.code, status=status)
        return {row["id"] for row in rows}

    async def until_status(self, what: Text, ids: Iterable[str], wanted: str) -> None:
        """Wait until intake says that these applications have come so far."""
        waiting = frozenset(ids)

        async def left() -> set[str]:
            return set(waiting - await self.applications(wanted))

        await until(what, left)


def service_of(jurisdiction: str) -> str:
    """The review service that serves a jurisdiction."""
    return FUJIAN if jurisdiction == "35" else "review"


def jurisdiction_of(application: Application) -> str:
    """Where an application is reviewed first."""
    return province_of(application.chamber.area)


def is_direct(application: Application) -> bool:
    """Whether it applies to the nation directly."""
    return jurisdiction_of(application) == CENTRE


__all__ = ["Play", "each", "is_direct", "jurisdiction_of", "service_of", "text"]
