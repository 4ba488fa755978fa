"""The queries of a whole round, as the services really send them."""

from tests.e2e.conftest import Played


async def test_every_query_finds_its_way_by_an_index(years_later: Played) -> None:
    wasteful = sorted(await years_later.profile.wasteful())
    assert not wasteful, "\n".join(wasteful)
