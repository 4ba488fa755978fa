"""A store that was put back: meetings, notices, announcements and honours come back as far as they were announced."""

import copy
from datetime import datetime, timedelta
from typing import Any

from services.review.domain import honour as honours
from services.review.domain import notice as notices
from services.review.domain.announcement import announce
from services.review.domain.chamber import KnownChamber, Merged
from services.review.domain.correcting import Correct, correct
from services.review.domain.honour import record, register_key
from services.review.domain.leadership import Refusal, Resolve, resolve
from services.review.domain.merger import Carry, carry
from services.review.domain.minutes import minutes
from services.review.domain.notice import open_
from services.review.domain.objecting import Hear, Object, Rule, hear, object_, rule
from services.review.domain.panel import Attend, Ballots, Close, attend, close, convene, vote
from services.review.domain.replay import replayed_panel
from services.review.domain.sanction import Reinstate, Revoke, Suspend, reinstate, revoke, suspend
from services.review.store import ANNOUNCEMENTS, CASES, HONOURS, LEADERSHIPS, NOTICES, PANELS
from shared.contracts import Candidate, CohortFrozen, ExpertMark, RoundOpened
from shared.contracts.text import text
from shared.kernel.change import Change, Due
from shared.runtime.message import Message
from tests.unit.review import given
from tests.unit.review.restored import Archive, Deployment, heard
from tests.unit.review.test_honour import past, past_of_fujian
from tests.unit.review.test_leadership import case

OFFICE = given.officer("CN")
ID = "CN-2020@CN-1"
ROUND = given.ROUND.model_copy(update={"procedures": {"province": "province@1", "nation": "nation@2"}})
WHY = text("据核查", "after an examination")
ONE, TWO, THREE, FOUR = (given.case(number, "CN") for number in (1, 2, 3, 4))
MEMBERS = tuple(given.expert(number) for number in (1, 2, 3))
SECRET = "会员数字不实，见某某证言"
LINE = ROUND.honour
SAID: dict[str, Any] = {"by": OFFICE, "round": ROUND.code, "reason": WHY, "document": "演示〔9〕"}
OF_OBJECTIONS = {"text", "contact", "name", "withheld", "looks", "hearing"}
"""What no fact tells of an objection."""


def put(_: Any, whole: Any, _now: datetime) -> Change[Any]:
    """As it is."""
    return Change(whole)


async def begun(archive: Archive) -> Deployment:
    """The centre, with four cases before its experts, whose marks are settled."""
    centre = Deployment({}, archive, "CN")
    await centre.hear(heard(RoundOpened(area="CN", round=ROUND), "round", given.NOW))
    for number in (1, 2, 3, 4):
        standing = case("expert_panel", number)
        await centre.act(CASES, standing.id, standing, put)
    return centre


async def voted(centre: Deployment) -> None:
    """The committee elects all but the third."""
    members = tuple(member.expert for member in MEMBERS)
    cases = [case("expert_panel", number) for number in (1, 2, 3, 4)]
    await centre.act(PANELS, ID, given.convene(OFFICE, cases, MEMBERS), convene)
    await centre.act(PANELS, ID, Attend(by=OFFICE, present=members), attend)
    for member in MEMBERS:
        votes: Any = {ONE: "yes", TWO: "yes", THREE: "no", FOUR: "yes"}
        await centre.act(PANELS, ID, Ballots(by=OFFICE, member=member, votes=votes), vote)
    await centre.act(PANELS, ID, Close(by=OFFICE), close)


async def led(centre: Deployment) -> None:
    """The leaders approve two."""
    command = Resolve(
        by=OFFICE,
        id=ID,
        round=ROUND.code,
        jurisdiction="CN",
        document="纪要〔2021〕3号",
        held=given.NOW,
        standing=(ONE, TWO, FOUR),
        not_approved=(Refusal(case=FOUR, reason=WHY),),
    )
    await centre.act(LEADERSHIPS, ID, command, resolve)


async def noticed(centre: Deployment) -> None:
    """Both are on notice, the title is corrected, each is objected to, one of them with success."""
    candidates = tuple(
        Candidate(case=given.case(n, "CN"), chamber=given.chamber(n), points=given.Decimal(70)) for n in (1, 2)
    )
    command = given.open_notice(OFFICE, []).model_copy(update={"candidates": candidates})
    await centre.act(NOTICES, ID, command, open_)
    title = text("更正的标题", "corrected")
    correction = Correct(by=OFFICE, reason=WHY, title=title, restart=True, window_days=9, ended=())
    await centre.act(NOTICES, ID, correction, correct)
    for number, (about, outcome) in enumerate(((ONE, "dismissed"), (TWO, "upheld")), 1):
        filed = Object(by=given.PUBLIC, case=about, text=SECRET, contact="13800000000")
        await centre.act(NOTICES, ID, filed, object_)
        held = centre.now()
        heard_ = Hear(by=OFFICE, number=number, held=held, heard=("objector",), record="记录")
        await centre.act(NOTICES, ID, heard_, hear)
        ruling = Rule.model_validate({"by": OFFICE, "number": number, "outcome": outcome, "reason": WHY})
        await centre.act(NOTICES, ID, ruling, rule)
    centre.time += timedelta(days=10)
    await centre.act(NOTICES, ID, Due(at=centre.time), notices.on_due)


async def sanctioned(centre: Deployment) -> None:
    """The first bears the honour: suspended, reinstated, suspended again, revoked. An older one is recorded."""
    await centre.act(ANNOUNCEMENTS, ID, given.announce(OFFICE, (ONE,)), announce)
    key = register_key(LINE, given.code(1))
    await centre.act(HONOURS, key, past("CN-2018", -700, 400), record)
    centre.time = ROUND.calendar.valid_from + timedelta(days=1)
    await centre.act(HONOURS, key, Due(at=centre.time), honours.on_due)
    await centre.act(HONOURS, key, Suspend(**SAID, cause="penalty"), suspend)
    await centre.act(HONOURS, key, Reinstate(**SAID), reinstate)
    await centre.act(HONOURS, key, Suspend(**SAID, cause="penalty"), suspend)
    await centre.act(HONOURS, key, Revoke(**SAID, cause="penalty", plaque=15), revoke)


def told(document: Any) -> Any:
    """A state without what no fact tells: who acted, and what an objector wrote."""

    def strip(value: Any) -> Any:
        if isinstance(value, dict):
            lost = OF_OBJECTIONS if "rule_by" in value else set()
            return {key: strip(inner) for key, inner in value.items() if key not in lost and not is_actor(inner)}
        return [strip(inner) for inner in value] if isinstance(value, list) else value

    return strip(document["state"])


def is_actor(value: Any) -> bool:
    return isinstance(value, dict) and {"id", "role"} <= value.keys()


async def test_a_whole_round_comes_back_as_far_as_it_was_announced() -> None:
    archive: Archive = []
    before = await begun(archive)
    backup = copy.deepcopy(before.shelves)
    for act in (voted, led, noticed, sanctioned):
        await act(before)
    length = len(archive)

    after = Deployment(backup, archive, "CN")
    found = await after.restore()
    assert await found.named(await found.forgotten()) == []
    assert len(archive) == length, "nothing is announced again"
    for kind in (CASES, LEADERSHIPS, NOTICES, ANNOUNCEMENTS, HONOURS):
        name = kind.collection
        assert before.shelves[name]
        assert after.shelves[name].keys() == before.shelves[name].keys()
        for key, then in before.shelves[name].items():
            assert told(after.shelves[name][key]) == told(then), (name, key)
            assert not after.shelves[name][key]["outbox"]
    again = copy.deepcopy(after.shelves)
    await after.restore()
    assert after.shelves == again, "harmless to repeat"


async def test_of_a_meeting_the_counts_come_back_and_the_minutes_say_that_the_rest_is_lost() -> None:
    archive: Archive = []
    before = await begun(archive)
    backup = copy.deepcopy(before.shelves)
    await voted(before)
    after = Deployment(backup, archive, "CN")
    await after.restore()
    then = await before.store.need(PANELS, ID, "会议", "meeting")
    now = await after.store.need(PANELS, ID, "会议", "meeting")
    assert (now.results, now.status, now.quorum, now.closed) == (then.results, "closed", then.quorum, then.closed)
    assert [(one.case, one.chamber) for one in now.matters] == [(one.case, one.chamber) for one in then.matters]
    assert now.members == ()
    assert list(replayed_panel(now)) == []
    written = minutes(now)
    assert "逐票不可知" in written.zh
    assert "elected" in written.en
    assert "e-1" not in written.zh


async def test_what_an_objector_wrote_is_gone_but_the_objection_stands_and_is_ruled_on() -> None:
    archive: Archive = []
    before = await begun(archive)
    await voted(before)
    await led(before)
    backup = copy.deepcopy(before.shelves)
    candidates = (Candidate(case=ONE, chamber=given.chamber(1), points=given.Decimal(70)),)
    command = given.open_notice(OFFICE, []).model_copy(update={"candidates": candidates})
    await before.act(NOTICES, ID, command, open_)
    await before.act(NOTICES, ID, Object(by=given.PUBLIC, case=ONE, text=SECRET, name="某某"), object_)

    after = Deployment(backup, archive, "CN")
    await after.restore()
    notice = await after.store.need(NOTICES, ID, "公示", "notice")
    [then] = (await before.store.need(NOTICES, ID, "公示", "notice")).objections
    [objection] = notice.objections
    assert (objection.case, objection.at, objection.rule_by) == (then.case, then.at, then.rule_by)
    assert SECRET not in objection.text
    assert objection.anonymous
    after.time = notice.closes
    await after.act(NOTICES, ID, Due(at=after.time), notices.on_due)
    assert (await after.store.need(NOTICES, ID, "公示", "notice")).status == "ruling"


async def test_a_cohort_that_was_lost_is_not_waited_for_once_the_marks_of_its_cases_are_settled() -> None:
    centre = await begun([])
    frozen = CohortFrozen(
        area="CN", cohort=ID, round=ROUND.code, cases=(ONE,), min_cases=3, experts=3, normalised=0, mean=None
    )
    subscription = next(one for one in centre.table if one.event is CohortFrozen)

    async def waits_for() -> str | None:
        message = Message(subscription.queue, subscription, heard(frozen, "frozen", given.NOW))
        message.read()
        assert await message.route() == []
        return message.missing

    assert await waits_for() == f"cohort {ID}"
    two = given.Decimal(2)
    mark = ExpertMark(item="B1.a", points=two, of=two, marks=3, dropped=0, lowest=two, highest=two)
    done = case("expert_panel", 1).but(settled=(mark,), cohort=ID)
    await centre.act(CASES, ONE, done, put)
    assert await waits_for() is None


async def test_an_honour_that_was_carried_on_has_given_way() -> None:
    archive: Archive = []
    before = await begun(archive)
    key, at = register_key(LINE, given.code(1)), given.NOW
    await before.act(HONOURS, key, past("CN-2018", -10, 400), record)
    backup = copy.deepcopy(before.shelves)
    gone = KnownChamber(code=given.code(1), merged=Merged(into=given.chamber(2), document="合并〔1〕", since=at))
    await before.act(HONOURS, key, Carry(**{**SAID, "round": "CN-2018"}, chamber=gone, held=()), carry)

    after = Deployment(backup, archive, "CN")
    found = await after.restore()
    assert await found.forgotten() == frozenset()
    for register in (key, register_key(LINE, given.code(2))):
        assert told(after.shelves["honours"][register]) == told(before.shelves["honours"][register])


async def test_an_honour_of_another_federation_stays_with_it() -> None:
    """A province's own facts reach the centre's archive, too."""
    archive: Archive = []
    province = Deployment({}, archive, "35")
    await province.hear(heard(RoundOpened(area="CN", round=ROUND), "round", given.NOW))
    key = register_key("fujian-sihao", given.code(1))
    await province.act(HONOURS, key, past_of_fujian(), record)
    await province.act(HONOURS, key, Suspend(**{**SAID, "round": "FJ-2018"}, cause="penalty"), suspend)
    centre = Deployment({}, archive, "CN")
    await centre.restore()
    assert centre.shelves.get("honours", {}) == {}
