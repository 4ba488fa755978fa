"""What the experts do: mark what only people can judge, stand aside where they must, and vote."""

import hashlib
from decimal import ROUND_DOWN, Decimal
from typing import Any

from demo.api import StalledError, refused
from demo.parts import Application, Conflict, Expert
from demo.play import Play, each
from shared.contracts import CENTRE, text

_CENT = Decimal("0.01")
_WHY = {"zh": "依据所附材料判断（演示）", "en": "judged by the documents (demo)"}
SEEDS = ("办公室的种子（演示）7f3a91c2d5e84b06b90d17e4", "监督方的种子（演示）c81e5b2f90a7d3645fe2a08b")
"""What the office and its supervisor wrote down and sealed. In earnest: 32 random characters each."""


async def draw(play: Play) -> None:
    """Two parties promise a part of the seed each; when the pool is frozen they tell it, and who judges follows."""
    officer, members = play.platform.officer(CENTRE), play.scenario.committee.members
    with play.show.step("抽取评审专家：先承诺种子，后揭晓", "the draw: the seed is promised, then told", 2) as tally:
        body = {
            "round": play.code,
            "purpose": {"zh": "抽取本周期评审专家（演示）", "en": "the experts of this round (demo)"},
            "commitments": [hashlib.sha256(seed.encode()).hexdigest() for seed in SEEDS],
            "count": len(members) - 1,
        }
        promised = await officer.post("review", "/draws", body)
        path = f"/draws/{promised['id']}"
        tally.done()
        await refused(
            officer.post(
                "review", f"{path}/reveal", {"seeds": [SEEDS[0], "监督方改用的另一段种子（演示）00000000000000000000"]}
            ),
            "draw.seed",
        )
        told = await officer.post("review", f"{path}/reveal", {"seeds": SEEDS})
        tally.done()
    play.noted["draw"] = {"id": promised["id"], "promised": body["commitments"], "drawn": told["drawn"]}


async def assign(play: Play) -> None:
    """The plan: who judges which case, loads even, nobody in conflict; then it is carried out but for the conflicts."""
    officer, cases = play.platform.officer(CENTRE), await _waiting(play)
    path = f"/assignments/{play.code}/{CENTRE}"
    wishes = {"seed": "\n".join(SEEDS), "capacity": len(cases), "experts": play.noted["draw"]["drawn"]}
    with play.show.step("按方案分配专家", "experts are assigned by a plan", len(cases)) as tally:
        made = await officer.post("review", f"{path}/proposal", wishes)
        found, again = made["assignment"], (await officer.post("review", f"{path}/proposal", wishes))["assignment"]
        if found["digest"] != again["digest"]:
            raise StalledError("同一种子的方案不同 / the same seed gives another plan")
        plain = {id_ for id_, application in cases.items() if application.acts.conflict is None}
        seats = {
            case: [seat["expert"] for seat in row]
            for case, row in found["seats"].items()
            if case.partition("@")[0] in plain
        }
        later: dict[str, list[str]] = {case: [] for case in found["seats"] if case not in seats}
        why = {"zh": "有回避情形，另行安排（演示）", "en": "a conflict; seated by hand (demo)"}
        await officer.post("review", path, {"proposal": made["proposal"], "changes": later, "reason": why})
        tally.done(len(cases))
    play.noted["plan"] = {"seats": seats, "loads": found["loads"], "digest": found["digest"]}


async def mark(play: Play) -> None:
    """Have every expert mark their cases; where somebody is in conflict, others take the seat."""
    cases = await _waiting(play)
    members = play.scenario.committee.members
    seats = list(enumerate(cases))
    play.noted["recused"] = []
    with play.show.step("专家评分", "the experts mark", len(cases) * play.scenario.committee.per_case) as tally:

        async def one(seat: tuple[int, str]) -> None:
            number, id_ = seat
            order = [members[(number + turn) % len(members)] for turn in range(len(members))]
            planned = play.noted["plan"]["seats"].get(f"{id_}@{CENTRE}")
            by_plan = [expert for expert in members if expert.id in (planned or ())]
            for expert in by_plan or await _seated(play, cases[id_], id_, order):
                await _mark(play, id_, expert)
                tally.done()

        await each(seats, one)
    await _close_marking(play)
    what = text("评分结果计入总分", "the marks are settled and scored")
    await play.until_cases(what, CENTRE, cases, lambda case: bool(case["ready"]))


async def _close_marking(play: Play) -> None:
    """The office closes the marking: by what marks are normalised is frozen, and every case settles by it."""
    with play.show.step("评分截止，冻结基准", "the marking is closed, the cohort frozen", 1) as tally:
        cohort = await play.platform.officer(CENTRE).post("review", "/cohorts", {"round": play.code})
        play.noted["cohort"] = cohort["yardstick"]
        tally.done()


async def _waiting(play: Play) -> dict[str, Application]:
    """The cases at the centre, by application."""
    found = await play.cases(CENTRE, stage="expert_panel", status="open")
    return {id_: play.handed_in[id_] for id_ in sorted(found)}


async def _seated(play: Play, application: Application, id_: str, order: list[Expert]) -> list[Expert]:
    """Seat as many experts as are needed; whoever is tied to the chamber is refused or stands aside."""
    wanted, conflict = play.scenario.committee.per_case, application.acts.conflict
    if conflict:
        order = sorted(order, key=lambda expert: expert.id != conflict.expert)
    chosen = order[:wanted]
    if conflict and conflict.when == "assignment":
        await refused(_assign(play, id_, chosen), "expert.conflict")
        _note(play, application, conflict)
        chosen = order[1 : wanted + 1]
    await _assign(play, id_, chosen)
    if conflict and conflict.when == "marking":
        await _find_out(play, application, id_, conflict)
        await _assign(play, id_, [order[wanted]])
        chosen = order[1 : wanted + 1]
    return chosen


async def _assign(play: Play, id_: str, experts: list[Expert]) -> None:
    body = {"experts": [expert.id for expert in experts]}
    await play.platform.officer(CENTRE).post("review", f"/cases/{id_}@{CENTRE}/experts", body)


async def _find_out(play: Play, application: Application, id_: str, conflict: Conflict) -> None:
    """A seated expert reads the case, declares a tie, and may not mark."""
    expert = next(one for one in play.scenario.committee.members if one.id == conflict.expert)
    marks = await _marks(play, id_, expert)
    caller = play.platform.expert(expert.id)
    tie = {"code": application.chamber.code, "kind": conflict.kind, "until": None}
    await caller.post("review", f"/experts/{expert.id}/ties", tie)
    await refused(caller.post("review", f"/cases/{id_}@{CENTRE}/marks", marks), "expert.conflict")
    _note(play, application, conflict)


def _note(play: Play, application: Application, conflict: Conflict) -> None:
    play.noted["recused"].append((conflict.expert, application.chamber.name, conflict.when))


async def _marks(play: Play, id_: str, expert: Expert) -> dict[str, Any]:
    """Read the case as the expert sees it, and mark what is pending; with a reason where a value is held against it."""
    case: dict[str, Any] = await play.platform.expert(expert.id).get("review", f"/cases/{id_}@{CENTRE}")
    share = expert.share * _worth(id_)
    marks = {item: Decimal(of) * share for item, of in case["judged"].items()}
    return {
        "marks": {item: str(points.quantize(_CENT, rounding=ROUND_DOWN)) for item, points in marks.items()},
        "reasons": dict.fromkeys(case["references"], _WHY),
    }


def _worth(id_: str) -> Decimal:
    """How good the invented work of a chamber is: 80, 85, 90, 95 or 100 percent, by its code."""
    return Decimal(80 + 5 * (sum(map(ord, id_)) % 5)) / 100


async def _mark(play: Play, id_: str, expert: Expert) -> None:
    marks = await _marks(play, id_, expert)
    await play.platform.expert(expert.id).post("review", f"/cases/{id_}@{CENTRE}/marks", marks)


async def vote(play: Play) -> None:
    """The committee meets: attendance, votes by name, the count."""
    committee = play.scenario.committee
    officer = play.platform.officer(CENTRE)
    panel = await officer.post(
        "review",
        "/panels",
        {"round": play.code, "jurisdiction": CENTRE, "members": [member.id for member in committee.members]},
    )
    path = f"/panels/{panel['id']}"
    present = [member.id for member in committee.members if member.id not in committee.absent]
    await officer.put("review", f"{path}/attendance", {"present": present})
    with play.show.step("委员会表决", "the committee votes", len(present)) as tally:
        for member in present:
            caller = play.platform.expert(member)
            seen = await caller.get("review", path)
            votes = {matter["case"]: _vote(play, matter["case"], member) for matter in seen["matters"]}
            await caller.post("review", f"{path}/ballots", {"votes": votes})
            tally.done()
    closed = await officer.post("review", f"{path}/close", {})
    play.noted["results"] = closed["results"]
    elected = [result["case"].partition("@")[0] for result in closed["results"] if result["outcome"] == "elected"]
    others = [result["case"].partition("@")[0] for result in closed["results"] if result["outcome"] != "elected"]
    what = text("表决结果送达案件", "the cases hear the vote")
    await play.until_cases(what, CENTRE, elected, lambda case: case["stage"] == "leadership")
    await play.until_cases(what, CENTRE, others, lambda case: case["status"] == "declined")


def _vote(play: Play, case: str, member: str) -> str:
    acts = play.handed_in[case.partition("@")[0]].acts
    return next((vote for vote, members in acts.votes.items() if member in members), "yes")
