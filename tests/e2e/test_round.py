"""One whole round on real RabbitMQ and MongoDB: every application comes out exactly as the scenario designed it."""

import hashlib
import json
from collections import Counter
from contextlib import suppress
from decimal import Decimal
from xml.etree import ElementTree as ET

from demo.api import RefusedError, each, refused
from demo.opening import mail_of
from shared.contracts import CENTRE, EVENTS
from shared.kernel import merkle
from shared.runtime.mongo import Database
from sihao.proof import SavedProof
from sihao.replaying import replayed
from sihao.services import KINDS
from sihao.verification import Verification
from tests.e2e.conftest import Played
from tests.e2e.listener import Heard

ATOM = "{http://www.w3.org/2005/Atom}"


async def test_every_application_has_its_exact_outcome(played: Played) -> None:
    expected = {id_: (row.outcome, row.reason) for id_, row in played.play.scenario.expected.items()}
    assert played.account.outcomes == expected
    assert len(expected) == 260
    assert played.account.wrong == []


async def test_the_provinces_nominate_exactly_their_quotas(played: Played) -> None:
    for area, quota in played.play.scenario.round.quotas.items():
        entries = played.play.noted["lists"][area]["entries"]
        assert sum(entry["nominated"] for entry in entries) == quota
        assert len(entries) > quota, "a quota that does not bite shows nothing"


async def test_the_public_register_holds_exactly_the_honoured(played: Played) -> None:
    public = played.play.platform.public
    rows = await public.every("notify", "/register.json", round=played.play.code, status="valid")
    assert Counter(row["code"] for row in rows) == Counter(played.honoured)


async def test_the_last_rounds_honours_stand_in_the_public_register(played: Played) -> None:
    last = played.play.scenario.last_round["code"]
    rows = await played.play.platform.public.every("notify", "/register.json", round=last)
    assert {row["code"] for row in rows} == {term.code for term in played.play.scenario.terms}
    assert {row["code"] for row in rows if row["status"] == "superseded"} == {
        term.code for term in played.play.scenario.terms if term.becomes == "superseded"
    }


async def test_the_announcement_page_names_exactly_the_honoured(played: Played) -> None:
    page = await _page(played, f"/announcements/{played.play.noted['announcement']}")
    chambers = [one.chamber for one in played.play.scenario.applications]
    assert {chamber.code for chamber in chambers if chamber.code in page} == played.honoured
    assert all(chamber.name in page for chamber in chambers if chamber.code in played.honoured)


async def test_anyone_can_prove_every_decision_against_the_announced_root(played: Played) -> None:
    public, announcement = played.play.platform.public, played.play.noted["announcement"]
    [announced] = {event.body for event in played.heard if event.wire == "announcement.made.v1"}
    named = json.loads(announced)["decisions"]
    assert (await public.get("review", f"/announcements/{announcement}"))["decisions"] == named
    entries = await public.every("review", f"/announcements/{announcement}/decisions")
    leaves = [entry["leaf"] for entry in entries if entry["leaf"]]
    assert {leaf["chamber"] for leaf in leaves if leaf["outcome"] == "honoured"} == played.honoured
    assert {leaf["outcome"] for leaf in leaves} <= {"honoured", "withheld"}, "who lost is nobody's business"
    assert merkle.root_of_hashes(bytes.fromhex(entry["hash"]) for entry in entries).hex() == named["root"]
    for leaf in leaves:
        proof = SavedProof.model_validate(
            await public.get("review", f"/announcements/{announcement}/decisions/{leaf['case']}")
        )
        assert (proof.leaf, proof.root, proof.size) == (leaf, named["root"], len(entries))
        assert proof.holds()
    assert named["root"] in await _page(played, f"/announcements/{announcement}")


async def test_who_was_declined_at_the_centre_gets_an_own_proof_and_nobody_else_does(played: Played) -> None:
    platform, announcement = played.play.platform, played.play.noted["announcement"]
    listed = f"/announcements/{announcement}/decisions"
    codes = {one.chamber.code for one in played.play.scenario.applications} - played.honoured
    page = await _page(played, f"/notices/{played.play.noted['notice']}")
    noticed = {code for code in codes if code in page}
    found = 0
    for code in sorted(codes):
        case = f"{played.play.code}-{code}@CN"
        with suppress(RefusedError):  # of those that never had a case at the centre
            proof = SavedProof.model_validate(await platform.secretary(code).get("review", f"{listed}/{case}/opening"))
            assert (proof.holds(), proof.leaf["chamber"]) == (True, code)
            found += proof.leaf["outcome"] == "declined"
        if code not in noticed:
            await refused(platform.public.get("review", f"{listed}/{case}"), "decisions.not-public")
    assert found


async def test_every_store_is_whole_after_the_round(played: Played, mongo_url: str) -> None:
    for service, name in played.play.stand.databases.items():
        database = Database(mongo_url, name)
        verification = Verification(database)
        await verification.store(KINDS[service.partition("-")[0]])
        database.close()
        assert verification.found.documents
        assert verification.found.broken == [], service


async def test_the_round_computed_again_differs_in_nothing(played: Played, mongo_url: str) -> None:
    compared: Counter[str] = Counter()
    databases = played.play.stand.databases
    scoring = Database(mongo_url, databases["scoring"])
    for service, name in databases.items():
        if service.startswith("review"):
            review = Database(mongo_url, name)
            found = await replayed(review, scoring, played.play.code)
            review.close()
            assert found.differences == []
            assert [one.zh for one in found.unchecked if "撤回" not in one.zh] == []
            compared += found.compared
    scoring.close()
    assert compared["shortlists"] == len(played.play.scenario.round.quotas)
    assert compared["panels"] == compared["draws"] == compared["announcements"] == 1
    assert compared["cases"] > len(played.play.scenario.expected) / 2
    assert compared["scores"] > compared["cases"] / 2
    assert compared["scorecards"] >= len(played.play.scenario.expected)


async def test_anyone_can_repeat_the_draw_and_the_experts_judge_as_the_plan_says(played: Played) -> None:
    noted, platform = played.play.noted, played.play.platform
    public = await platform.public.get("review", f"/draws/{noted['draw']['id']}")
    assert [hashlib.sha256(seed.encode()).hexdigest() for seed in public["seeds"]] == public["commitments"]
    told = await platform.operator().get("review", f"/draws/{noted['draw']['id']}/pool")
    order = sorted(
        (entry["id"] for entry in told["pool"]),
        key=lambda id_: hashlib.sha256(
            f"{chr(10).join(public['seeds'])}|{public['pool_hash']}|{id_}".encode()
        ).hexdigest(),
    )
    assert order[: public["count"]] == told["drawn"] == noted["draw"]["drawn"]
    assert noted["plan"]["seats"]
    for case, experts in list(noted["plan"]["seats"].items())[:5]:
        found = await platform.operator().get("review", f"/cases/{case}")
        assert sorted(seat["expert"] for seat in found["seats"]) == sorted(experts)
        assert set(experts) <= set(told["drawn"])


async def test_who_fell_short_has_a_plan_that_the_scorer_agrees_with(played: Played) -> None:
    made = played.play.noted["plan_made"]
    assert Decimal(made["after"]) >= Decimal(made["goal"]) > Decimal(made["before"])
    assert made["items"]
    names = {one.chamber.name: one.chamber for one in played.play.scenario.applications}
    officer = played.play.platform.officer(names[made["chamber"]].area)
    plan = await officer.get("scoring", f"/plans/{made['id']}")
    assert [item["item"] for item in plan["items"]] == made["items"]


async def test_the_feed_tells_of_every_step_once(played: Played) -> None:
    feed = ET.fromstring(await _page(played, "/bulletin.atom"))  # noqa: S314 - our own service wrote it
    kinds = Counter(category.attrib["term"] for category in feed.iter(f"{ATOM}category"))
    assert kinds["round"] >= 1
    assert kinds["notice"] == 1
    assert kinds["objection"] == kinds["ruling"] == 2
    assert kinds["announcement"] == 1
    ids = [entry.findtext(f"{ATOM}id") for entry in feed.iter(f"{ATOM}entry")]
    assert len(set(ids)) == len(ids)


async def test_nothing_is_put_aside_and_nothing_waits(played: Played) -> None:
    assert played.account.letters["queued"] == 0
    for gauges in played.account.gauges.values():
        assert gauges["sihao_dead_letters"] == gauges["sihao_outbox_depth"] == 0


async def test_letters_come_at_most_once_and_only_the_refused_address_fails(played: Played) -> None:
    letters = await played.play.platform.operator().every("notify", "/letters")
    assert Counter(letter["id"] for letter in letters).most_common(1)[0][1] == 1
    mails = played.play.stand.mails.mails
    assert Counter(mail.message["Message-ID"] for mail in mails).most_common(1)[0][1] == 1

    refused, busy = (_chamber(played, key) for key in ("just_below_20_percent", "renamed"))
    failed = [letter for letter in letters if letter["status"] == "failed"]
    assert failed
    assert {(letter["recipient"], letter["channel"]) for letter in failed} == {(f"secretary-{refused}", "mail")}
    assert not played.play.stand.mails.to(mail_of(refused))
    attempts = [letter["attempts"] for letter in letters if letter["recipient"] == f"secretary-{busy}"]
    assert max(attempts) > 1, "the busy mail server must have been tried again"


async def test_every_record_is_intact(played: Played) -> None:
    operator = played.play.platform.operator()
    broken: list[str] = []

    async def look(address: tuple[str, str]) -> None:
        found = await operator.get(*address)
        if not (found["intact"] and found["entries"]):
            broken.append(address[1])

    applications = [("intake", f"/applications/{id_}/history") for id_ in played.play.scenario.expected]
    cases = [("review", f"/cases/{id_}@{CENTRE}/history") for id_ in played.play.noted["at_centre"]]
    await each([*applications, *cases], look)
    assert broken == []


async def test_scorecards_can_be_computed_again_to_the_same_bytes(played: Played) -> None:
    operator = played.play.platform.operator()
    for id_ in played.play.noted["at_centre"]:
        found = await operator.get("scoring", f"/scorecards/{id_}/verification")
        assert found["same"], id_


async def test_receipts_prove_what_was_handed_in(played: Played) -> None:
    public, operator = played.play.platform.public, played.play.platform.operator()
    id_ = f"{played.play.code}-{_chamber(played, 'corrected')}"
    receipt = (await operator.get("intake", f"/applications/{id_}"))["receipt"]
    assert receipt["number"].endswith("-R2")
    proof = {"number": receipt["number"], "digest": receipt["digest"]}
    assert (await public.post("intake", "/receipts/verify", proof))["genuine"]
    forged = {**proof, "digest": "0" * 64}
    assert not (await public.post("intake", "/receipts/verify", forged))["genuine"]


async def test_what_travels_is_what_the_contracts_say(played: Played) -> None:
    for event in played.heard:
        contract = EVENTS[event.wire].model_validate_json(event.body)
        assert event.key == contract.routing_key
        assert event.headers["ce-subject"] == contract.subject
    bodies: dict[str, set[bytes]] = {}
    for event in played.heard:
        bodies.setdefault(event.headers["ce-id"], set()).add(event.body)
    assert all(len(same) == 1 for same in bodies.values()), "what is sent again under one id is the same to the byte"
    announced = played.announced
    handed_in = len(played.play.handed_in) + len(played.play.ids(lambda acts: acts.correct is not None))
    assert announced["application.submitted.v1"] == handed_in
    assert announced["honour.granted.v1"] == len(played.honoured)


async def test_a_trace_is_one_tree_from_the_request_to_the_case(played: Played) -> None:
    submitted, scored, opened = (
        {_subject(event): event.trace for event in played.heard if event.wire == f"{name}.v1"}
        for name in ("application.submitted", "application.scored", "case.opened")
    )
    one = f"{played.play.code}-{_chamber(played, 'exactly_20_percent')}"
    first = next(
        event.trace for event in played.heard if _subject(event) == one and event.wire == "application.scored.v1"
    )
    assert submitted[one] == first == opened[f"{one}@35"]
    assert len(set(submitted.values())) == len(submitted)
    assert scored.keys() == submitted.keys()


async def test_the_honours_of_the_last_round_gave_way_and_all_end_with_time(years_later: Played) -> None:
    play = years_later.play
    rows = await play.platform.public.every("review", "/honours", round=play.scenario.last_round["code"])
    assert {row["code"]: row["status"] for row in rows} == {term.code: term.becomes for term in play.scenario.terms}

    rows = await play.platform.public.every("notify", "/register.json", round=play.code)
    assert {row["code"] for row in rows if row["status"] == "expired"} == (years_later.honoured)


async def test_every_query_of_all_those_years_finds_its_way_by_an_index(years_later: Played) -> None:
    wasteful = sorted(await years_later.profile.wasteful())
    assert not wasteful, "\n".join(wasteful)


def _chamber(played: Played, key: str) -> str:
    """The credit code of the chamber with this story."""
    return next(one.chamber.code for one in played.play.scenario.applications if one.key == key)


def _subject(event: Heard) -> str:
    return event.headers["ce-subject"]


async def _page(played: Played, path: str) -> str:
    return await played.play.platform.public.text("notify", path)
