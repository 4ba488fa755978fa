"""One whole round, played once for all end-to-end tests: the demo's own driver, on the backends of the test session."""

from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from demo.account import Account
from demo.data import Scenario
from demo.finale import let_terms_end
from demo.play import Play
from demo.round import prepared, run
from demo.show import Show
from dev.backends import Backends
from tests.e2e.listener import Heard, listening
from tests.support.profile import Profile, profiled


@dataclass(frozen=True)
class Played:
    """The round after its last act; the services still run."""

    play: Play
    account: Account
    heard: list[Heard]
    """Every event that was announced."""
    profile: Profile
    """What the store noted of the queries."""

    @property
    def honoured(self) -> set[str]:
        """Credit codes of those who must hold the honour."""
        rows = self.play.scenario.expected.items()
        return {id_.removeprefix(f"{self.play.code}-") for id_, row in rows if row.outcome == "honoured"}

    @property
    def announced(self) -> Counter[str]:
        """How many events of each kind were announced; one sent again under its id counts once."""
        return Counter({event.headers["ce-id"]: event.wire for event in self.heard}.values())


@pytest.fixture(scope="package")
async def played(backends: Backends, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Played]:
    """The round of the scenario."""
    directory: Path = tmp_path_factory.mktemp("round")
    async with (
        prepared(backends, directory, Scenario(), Show(silent=True)) as play,
        listening(play.stand.amqp_url) as heard,
        profiled(backends.mongo_url, play.stand.databases) as profile,
    ):
        yield Played(play, await run(play), heard, profile)


@pytest.fixture(scope="package")
async def years_later(played: Played) -> Played:
    """The same, after the clock was turned beyond the end of every honour."""
    await let_terms_end(played.play)
    return played
