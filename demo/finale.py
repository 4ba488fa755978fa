"""The leaders' meeting, public notice with objections and rulings, the announcement, the honours; later, their end."""

from collections import Counter

from demo.api import refused, until
from demo.play import Play
from shared.contracts import CENTRE, text


async def leaders_meet(play: Play) -> None:
    """The leaders' meeting takes the committee's list; without a case on it there is nothing to enter."""
    held = play.scenario.clock["notice"].isoformat()
    body = {"round": play.code, "jurisdiction": CENTRE, "document": "演示〔2024〕纪要 1 号", "held": held}
    with play.show.step("主席办公会议审议", "the leaders' meeting decides", 1) as tally:
        decided = await play.platform.officer(CENTRE).post("review", "/leadership-decisions", body)
        approved = [case.partition("@")[0] for case in decided["approved"]]
        what = text("审议结果送达案件", "the cases hear the leaders' decision")
        await play.until_cases(what, CENTRE, approved, lambda case: case["stage"] == "public_notice")
        tally.done()


async def check_gates(play: Play, stage: str) -> None:
    """The office looks up every case of a stage again, in registers and at the organs."""
    officer, cases = play.platform.officer(CENTRE), await play.cases(CENTRE, stage=stage, status="open")
    with play.show.step("复核资格条件", "the gates are checked again", len(cases)) as tally:
        for id_ in sorted(cases):
            body = {"source": "登记、年检、处罚、综合评价（演示查询）", "turned": []}
            await officer.post("review", f"/cases/{id_}@{CENTRE}/gates", body)
            tally.done()


async def public_notice(play: Play) -> None:
    """Publish the candidates; the public objects; the office rules; the window closes by the clock."""
    officer, public = play.platform.officer(CENTRE), play.platform.public
    objections = {id_: one.acts.objection for id_, one in play.handed_in.items() if one.acts.objection}
    with play.show.step("公示、异议与裁定", "public notice, objections and rulings", len(objections) + 2) as tally:
        notice = await officer.post("review", "/notices", {"round": play.code, "jurisdiction": CENTRE})
        path = f"/notices/{notice['id']}"
        play.noted["candidates"] = len(notice["candidates"])
        filed: dict[int, str] = {}
        for id_, objection in objections.items():
            body = {"case": f"{id_}@{CENTRE}", "text": objection.text, "contact": "demo@example.org"}
            answer = await public.post("review", f"{path}/objections", body, key=f"objection-{id_}")
            filed[answer["number"]] = id_
        tally.done()
        play.turn_to("rulings")
        play.noted["rulings"] = []
        for number, id_ in filed.items():
            objection, name = objections[id_], play.handed_in[id_].chamber.name
            ruling = {"outcome": objection.outcome, "reason": objection.reason.model_dump()}
            await officer.post("review", f"{path}/objections/{number}/ruling", ruling)
            play.noted["rulings"].append((name, objection.outcome, objection.reason.zh))
            tally.done()
        play.turn_to("notice_over")
        someone = next(candidate["case"] for candidate in notice["candidates"])
        late = public.post("review", f"{path}/objections", {"case": someone, "text": "公示期满后提出（演示）"})
        await refused(late, "notice.closed")
        excluded = {id_ for id_, objection in objections.items() if objection.outcome == "upheld"}
        cleared = {candidate["case"].partition("@")[0] for candidate in notice["candidates"]} - excluded
        what = text("公示期满结案", "the notice closes")
        await play.until_cases(what, CENTRE, cleared, lambda case: case["stage"] == "announcement")
        await play.until_cases(what, CENTRE, excluded, lambda case: case["status"] == "declined")
        tally.done()
    play.noted["notice"] = notice["id"]


async def announce(play: Play) -> None:
    """Announce the result; wait until the register has every honour, and those of the last round have given way."""
    plan = play.scenario.announcement
    body = {"round": play.code, "jurisdiction": CENTRE, **plan}
    expected = [one for one in play.scenario.expected.values() if one.outcome == "honoured"]
    with play.show.step("通报，授予称号", "announcement, honours granted", len(expected)) as tally:
        made = await play.platform.officer(CENTRE).post("review", "/announcements", body)
        play.noted["announcement"] = made["id"]
        await until_register(play, play.code, {"valid": len(made["cases"])})
        superseded = sum(term.becomes == "superseded" for term in play.scenario.terms)
        others = len(play.scenario.terms) - superseded
        await until_register(play, play.scenario.last_round["code"], {"superseded": superseded, "valid": others})
        tally.done(len(made["cases"]))


async def until_register(play: Play, round_: str, wanted: dict[str, int]) -> None:
    """Wait until the register counts so many honours of a round, by status."""

    async def left() -> list[str]:
        rows = await play.platform.public.every("review", "/honours", round=round_)
        found = Counter(row["status"] for row in rows)
        return [] if found == Counter(wanted) else [f"{round_}: {dict(found)} ≠ {wanted}"]

    await until(text("等待称号登记", "the register follows"), left)


async def let_terms_end(play: Play) -> None:
    """Turn the clock on: the last round's remaining honours expire, and two years later this round's."""
    last = play.scenario.last_round["code"]
    superseded = sum(term.becomes == "superseded" for term in play.scenario.terms)
    others = len(play.scenario.terms) - superseded
    granted = sum(one.outcome == "honoured" for one in play.scenario.expected.values())
    with play.show.step("称号到期", "the honours expire", 2) as tally:
        play.turn_to("last_terms_over")
        await until_register(play, last, {"superseded": superseded, "expired": others})
        tally.done()
        play.turn_to("terms_over")
        await until_register(play, play.code, {"expired": granted})
        tally.done()
