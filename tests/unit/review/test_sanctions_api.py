"""Decisions about honours over the desk: who decides, what the office has left to do, what the public is told."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from services.review.api import honours as register
from services.review.api import sanctions as api
from services.review.api.desk import Words
from services.review.domain.chamber import hear_merged
from services.review.domain.honour import Register
from services.review.store import CHAMBERS, HONOURS
from shared.kernel.actor import Actor
from shared.kernel.change import NotFound
from shared.runtime.problems import Forbidden
from tests.unit.review import certificates as made
from tests.unit.review import given
from tests.unit.review.office import Office, open_office
from tests.unit.review.test_merger import MERGED

CENTRE, PROVINCE = given.officer("CN"), given.officer("35")
SAID: dict[str, Any] = {"round": "CN-2020", "reason": Words(zh="正在核实"), "document": "演示〔9〕"}
LINE, CODE = made.LINE, given.code(1)


@pytest.fixture
async def office() -> AsyncIterator[Office]:
    """The centre granted an honour."""
    async with open_office() as opened:
        await opened.keep(HONOURS, f"{LINE}:{CODE}", made.register())
        yield opened


async def call(office: Office, name: str, body: Any, by: Actor = CENTRE, code: str = CODE) -> Any:
    """One of the decisions, as the endpoint takes it; answers the one row."""
    found = next(route.endpoint for route in api.router(office.desk).routes if route.name == name)  # type: ignore[attr-defined]
    [row] = await found(LINE, code, body, by, f"{name}-{by.area}-{body.round}")
    return row


async def pending(office: Office, by: Actor = CENTRE) -> list[tuple[str, bool]]:
    """What is left to do."""
    found = next(route.endpoint for route in api.router(office.desk).routes if route.name == "pending")  # type: ignore[attr-defined]
    return [(row.what, row.overdue) for row in await found(by)]


async def test_a_suspension_is_told_waits_for_a_decision_and_is_lifted(office: Office) -> None:
    row = await call(office, "suspend", api.SuspendBody(**SAID, cause="inquiry"))
    assert (row.status, row.suspended.zh, row.decided_by) == ("suspended", "正在核实", "演示〔9〕")
    assert await pending(office) == [("suspension", False)]
    assert await pending(office, PROVINCE) == [], "another federation's"
    row = await call(office, "reinstate", api.DecisionBody(**SAID))
    assert (row.status, row.suspended, row.decided_by) == ("valid", None, None)
    assert await pending(office) == []


async def test_a_revocation_leaves_a_plaque_to_come_back_and_who_received_it_stays_inside(office: Office) -> None:
    row = await call(office, "revoke", api.RevokeBody(**SAID))
    assert (row.status, await pending(office)) == ("revoked", [("plaque", False)])
    body = api.PlaqueBody(round="CN-2020", on=given.NOW.date(), received_by="收件人甲")
    row = await call(office, "returned", body)
    assert await pending(office) == []
    assert "收件人甲" not in row.model_dump_json()
    kept = await office.desk.store.need(HONOURS, f"{LINE}:{CODE}", "", "")
    plaque = kept.terms[0].plaque
    assert plaque
    assert plaque.returned
    assert plaque.returned.received_by == "收件人甲"


async def test_a_plaque_that_does_not_come_back_is_overdue(office: Office) -> None:
    await call(office, "revoke", api.RevokeBody(**SAID))
    register_ = await office.desk.store.need(HONOURS, f"{LINE}:{CODE}", "", "")
    term = register_.terms[0]
    assert term.plaque
    late = term.model_copy(update={"plaque": term.plaque.model_copy(update={"due": given.NOW})})
    del office.shelves[HONOURS.collection][f"{LINE}:{CODE}"]
    await office.keep(HONOURS, f"{LINE}:{CODE}", register_.but(terms=(late,)))
    assert await pending(office) == [("plaque", True)]


async def test_after_a_merger_the_granting_federation_decides_and_the_row_names_the_successor(office: Office) -> None:
    with given.refused_as("merger.none"):
        await call(office, "after_merger", api.MergerBody(**SAID, outcome="carry"))
    known = hear_merged(None, MERGED, given.NOW)
    assert known
    await office.keep(CHAMBERS, CODE, known.state)
    assert await pending(office) == [("merger", False)]
    row = await call(office, "after_merger", api.MergerBody(**{**SAID, "document": "承继〔1〕"}, outcome="carry"))
    assert (row.status, row.by) == ("superseded", f"{LINE}:{given.code(2)}:CN-2020")
    assert (row.ended.zh, row.decided_by) == ("正在核实", "承继〔1〕")
    assert await pending(office) == []


async def test_nobody_decides_in_the_place_of_who_granted_it(office: Office) -> None:
    bodies: list[tuple[str, Any]] = [
        ("suspend", api.SuspendBody(**SAID, cause="penalty")),
        ("reinstate", api.DecisionBody(**SAID)),
        ("revoke", api.RevokeBody(**SAID)),
        ("after_merger", api.MergerBody(**SAID, outcome="end")),
        ("returned", api.PlaqueBody(round="CN-2020", on=given.NOW.date(), received_by="x")),
    ]
    for name, body in bodies:
        with pytest.raises(Forbidden):
            await call(office, name, body, PROVINCE)
        with pytest.raises(NotFound):
            await call(office, name, body.model_copy(update={"round": "CN-1999"}))
        with pytest.raises(NotFound):
            await call(office, name, body, code=given.code(9))


async def test_a_cause_that_nobody_knows_is_refused_with_those_that_are(office: Office) -> None:
    with given.refused_as("honour.cause"):
        await call(office, "suspend", api.SuspendBody(**SAID, cause="whim"))


def test_every_field_of_a_row_follows_from_the_register() -> None:
    known: Register = made.register()
    [row] = register.rows(known)
    assert (row.honour, row.level, row.name) == (made.HONOUR, "city", known.terms[0].chamber.name)
    assert {row.suspended, row.revoked, row.ended, row.decided_by, row.origin, row.by} == {None}


@pytest.mark.parametrize(
    ("by", "line", "area", "let_in"),
    [
        (CENTRE, "national-sihao", "3502", True),
        (PROVINCE, "fujian-sihao", "3502", True),
        (PROVINCE, "xiamen-ten-best", "3502", True),
        (PROVINCE, "national-sihao", "3502", False),
        (CENTRE, "fujian-sihao", "3502", False),
        (PROVINCE, "fujian-sihao", "4401", False),
    ],
)
async def test_a_past_honour_is_recorded_by_who_grants_its_line_for_chambers_of_its_area(
    by: Actor, line: str, area: str, *, let_in: bool
) -> None:
    body = register.RecordBody(
        line=line,
        round="R-2018",
        chamber=given.chamber(7, area=area),
        document="演示〔2018〕1号",
        source="演示",
        valid_from=given.NOW,
        valid_until=given.NOW + made.DAY,
    )
    async with open_office() as office:
        record = next(r.endpoint for r in register.router(office.desk).routes if r.name == "record")  # type: ignore[attr-defined]
        if let_in:
            [row] = await record(body, by, "a-key-of-ours")
            assert (row.line, row.status) == (line, "valid")
        else:
            with pytest.raises(Forbidden):
                await record(body, by, "a-key-of-ours")
