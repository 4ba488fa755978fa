"""What officers do: pass, return, decline; seal the province's list under its quota."""

import hashlib
from typing import Any

from demo import chambers
from demo.api import StalledError, refused, until
from demo.parts import Application
from demo.play import Play, each, is_direct, jurisdiction_of, service_of
from shared.contracts import CENTRE, text

ON_BEHALF = "370881"
"""A county whose cases the province passes in its place."""


async def take_up(play: Play) -> None:
    """Wait until every application that was handed in, and not withdrawn at once, has been scored and has its case."""
    staying = [one for one in play.handed_in.values() if one.acts.withdraw != "submitted"]
    with play.show.step("评分并立案", "score, and open the cases", len(staying)) as tally:
        for jurisdiction in play.scenario.lists:
            here = sum(jurisdiction_of(one) == jurisdiction for one in staying)
            await _until_opened(play, jurisdiction, here)
            tally.done(here)


async def _until_opened(play: Play, jurisdiction: str, wanted: int) -> None:
    officer, service = play.platform.officer(jurisdiction), service_of(jurisdiction)

    async def left() -> list[str]:
        counts = await officer.get(service, "/cases/counts", round=play.code, jurisdiction=jurisdiction)
        there = sum(number for status, number in counts["statuses"].items() if status not in {"awaited", "withdrawn"})
        return [] if there == wanted else [f"{jurisdiction}: {there} ≠ {wanted}"]

    await until(text(f"{jurisdiction} 立案", f"the cases of {jurisdiction} open"), left)


async def first_review(play: Play) -> None:
    """Every case at its chamber's own level: pass, return or decline; some withdraw meanwhile."""
    leaving = await chambers.change_mind(play, "under_review", "法定代表人变更，本届不再申报")
    gone = await chambers_gone(play, leaving)
    cases: list[tuple[Application, dict[str, Any]]] = []
    for jurisdiction in play.scenario.lists:
        found = await play.cases(jurisdiction, status="open")
        cases += [(play.handed_in[id_], case) for id_, case in found.items() if id_ not in gone]
    with play.show.step("本级审核", "review at the chamber's own level", len(cases)) as tally:

        async def one(pair: tuple[Application, dict[str, Any]]) -> None:
            await _decide(play, *pair)
            tally.done()

        await each(cases, one)


async def chambers_gone(play: Play, leaving: list[str]) -> set[str]:
    """Wait until the cases of those who withdrew are closed; answers all that have withdrawn by now."""
    applications = [play.handed_in[id_] for id_ in leaving]
    for jurisdiction in {jurisdiction_of(one) for one in applications}:
        here = [play.id_of(one) for one in applications if jurisdiction_of(one) == jurisdiction]
        what = text("撤回的申报结案", "withdrawn cases close")
        await play.until_cases(what, jurisdiction, here, lambda case: case["status"] == "withdrawn")
    return set(play.ids(lambda acts: acts.withdraw in {"submitted", "under_review"}))


async def _decide(play: Play, application: Application, case: dict[str, Any]) -> None:
    acts, chamber = application.acts, application.chamber
    jurisdiction = jurisdiction_of(application)
    area = jurisdiction if chamber.area == ON_BEHALF else chamber.area
    officer, path = play.platform.officer(area), f"/cases/{case['id']}"
    if acts.returns:
        items = [{"item": one.item, "reason": one.reason.model_dump()} for one in acts.returns]
        await officer.post(service_of(jurisdiction), f"{path}/return", {"items": items})
    elif acts.decline and acts.decline_at == "own_level":
        await officer.post(service_of(jurisdiction), f"{path}/decline", {"reason": acts.decline.model_dump()})
    else:
        await officer.post(service_of(jurisdiction), f"{path}/pass", {})


async def second_look(play: Play) -> None:
    """Corrected applications come back and pass; those that never come are given up once the clock has passed."""
    corrected = play.ids(lambda acts: acts.correct is not None)
    forgotten = play.ids(lambda acts: bool(acts.returns) and acts.correct is None)
    with play.show.step("退回补正", "returned and corrected", len(corrected) + len(forgotten)) as tally:
        await chambers.correct(play)
        for id_, application in corrected.items():
            found = await play.until_cases(
                text("补正后重新审核", "corrected cases come back"),
                jurisdiction_of(application),
                [id_],
                lambda case: case["status"] == "open",
            )
            service = service_of(jurisdiction_of(application))
            await play.platform.officer(application.chamber.area).post(service, f"/cases/{found[id_]['id']}/pass", {})
            tally.done()
        await _too_early(play)
        play.turn_to("corrections_over")
        for id_, application in forgotten.items():
            what = text("逾期未补正", "corrections that never came")
            await play.until_cases(what, jurisdiction_of(application), [id_], lambda case: case["status"] == "declined")
            tally.done()


async def _too_early(play: Play) -> None:
    """A list cannot be sealed while a chamber may still correct."""
    officer = play.platform.officer("35")
    sealing = officer.post(service_of("35"), f"/shortlists/{play.code}/35/seal", {})
    refusal = await refused(sealing, "shortlist.undecided")
    play.noted["sealed_too_early"] = str(refusal.errors[0]["rule"]["zh"])


async def visit(play: Play) -> None:
    """People of the national federation go and look at the chambers directly under it, and report."""
    officer, waiting = play.platform.officer(CENTRE), await play.cases(CENTRE, stage="visit", status="open")
    with play.show.step("实地走访直属商会", "visits to chambers directly under the nation", len(waiting)) as tally:
        for id_ in sorted(waiting):
            path = f"/cases/{id_}@{CENTRE}"
            seen = {
                "item": "B3.g",
                "agrees": True,
                "text": {"zh": "办公场所与申报一致（演示）", "en": "as handed in (demo)"},
            }
            photo = hashlib.sha256(id_.encode()).hexdigest()
            now = play.stand.clock.now().isoformat()
            report = {"at": now, "visitors": ["走访人甲", "走访人乙"], "findings": [seen], "photos": [photo]}
            await refused(officer.post("review", f"{path}/pass", {}), "visit.reports")
            await officer.post("review", f"{path}/visits", report)
            await officer.post("review", f"{path}/pass", {})
            tally.done()
    play.noted["visited"] = len(waiting)


async def what_if(play: Play) -> None:
    """Before Fujian seals: who would enter and who leave with two places fewer and political guidance counting more."""
    path, quota = f"/shortlists/{play.code}/35/what-if", play.scenario.round.quotas["35"]
    asked = {"quota": quota - 2, "weights": {"A": "1.2"}}
    tried = await play.platform.officer("35").post(service_of("35"), path, asked)
    names = {entry["case"]: entry["chamber"]["name"] for entry in tried["entries"]}
    play.noted["what_if"] = [(names[one["case"]], one["enters"], one["after"]["zh"]) for one in tried["movers"]]
    if not any(not enters for _, enters, _ in play.noted["what_if"]):
        raise StalledError("名额减少而无人退出 / fewer places, and nobody leaves")


async def seal(play: Play) -> None:
    """Every province ranks its cases, declines what it must, and seals its list."""
    for application in play.ids(lambda acts: acts.decline_at == "shortlist").values():
        jurisdiction = jurisdiction_of(application)
        reason = application.acts.decline
        body = {"reason": reason.model_dump() if reason else None}
        path = f"/cases/{play.id_of(application)}@{jurisdiction}/decline"
        await play.platform.officer(jurisdiction).post(service_of(jurisdiction), path, body)
    await what_if(play)
    lists = play.noted["lists"] = {}
    provinces = sorted(play.scenario.round.quotas)
    with play.show.step("省级把关，封存推荐名单", "the provinces seal their lists", len(provinces)) as tally:
        for area in provinces:
            path = f"/shortlists/{play.code}/{area}"
            lists[area] = await play.platform.officer(area).post(service_of(area), f"{path}/seal", {})
            tally.done()
    direct = [id_ for id_, one in play.handed_in.items() if is_direct(one) and not one.acts.decline]
    places = [place for found in lists.values() for place in found["entries"] if place["nominated"]]
    nominated = [place["case"].partition("@")[0] for place in places]
    arrived = await play.until_cases(
        text("推荐上报送达全国", "the nominations reach the centre"),
        CENTRE,
        [*nominated, *direct],
        lambda case: case["stage"] == "expert_panel",
    )
    play.noted["at_centre"] = sorted(id_ for id_, case in arrived.items() if case["stage"] == "expert_panel")
    leaving = await chambers.change_mind(play, "nominated", "商会即将合并，放弃本届申报")
    what = text("上报后撤回的申报结案", "cases withdrawn after nomination close")
    await play.until_cases(what, CENTRE, leaving, lambda case: case["status"] == "withdrawn")
