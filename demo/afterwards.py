"""After the announcement: help for a chamber that fell short, a certificate, and the whole round checked once more."""

from datetime import timedelta
from typing import Any

from joserfc.jwk import KeySet

from demo.api import StalledError
from demo.play import Play
from demo.stand import FUJIAN, SERVICES
from services.review.domain.verifying import verify
from shared.contracts import province_of
from shared.runtime.dead import DeadLetters
from shared.runtime.evidence import COLLECTION
from sihao.replaying import replayed
from sihao.verification import Verification

REVIEWS = ("review", FUJIAN)


async def improve(play: Play) -> None:
    """The first chamber outside Fujian's quota: the cheapest path to the last place inside, and a plan with dates."""
    entries = play.noted["lists"]["35"]["entries"]
    inside = [entry for entry in entries if entry["nominated"]][-1]
    outside = next(entry for entry in entries if not entry["nominated"])
    chamber, application = outside["chamber"], outside["case"].partition("@")[0]
    officer = play.platform.officer(chamber["area"])
    with play.show.step("短板变帮扶：改进方案", "from shortfall to help: an improvement plan", 2) as tally:
        card = await officer.get("scoring", f"/scorecards/{application}")
        goal = {"total": inside["points"]}
        path = await officer.post("scoring", f"/scorecards/{application}/path", goal)
        tally.done()
        short = {one["item"] for one in card["shortfalls"]}
        items = [step["item"] for step in path["steps"] if step["item"] in short] or sorted(short)[:2]
        target = (play.stand.clock.now() + timedelta(days=180)).date().isoformat()
        proof = {"zh": "佐证材料（演示）", "en": "material (demo)"}
        entry = {"guide": "工商联指导人（演示）", "target": target, "proof": proof}
        body = {"application": application, "digest": card["digest"], "items": [{"item": i, **entry} for i in items]}
        plan = await officer.post("scoring", "/plans", body)
        tally.done()
    play.noted["plan_made"] = {
        "id": plan["id"],
        "chamber": chamber["name"],
        "rank": outside["rank"],
        "before": path["before"]["total"],
        "after": path["after"]["total"],
        "goal": inside["points"],
        "items": items,
        "target": target,
    }


async def check(play: Play) -> None:
    """Anyone verifies a certificate; the office has the record verified and the round computed again.

    Raises:
        StalledError: something does not hold.
    """
    with play.show.step("核验证书，校验与重算全部记录", "certificate, record and replay", 1 + len(REVIEWS)) as tally:
        play.noted["certificate"] = await _certificate(play)
        tally.done()
        scoring = play.stand.database("scoring")
        looked, broken, differences = 0, list[str](), list[str]()
        for service in REVIEWS:
            database = play.stand.database(service)
            verification = Verification(database)
            await verification.round(play.code)
            again = await replayed(database, scoring, play.code)
            database.close()
            looked += sum(verification.found.documents.values())
            broken += [one.document for one in verification.found.broken]
            differences += [one.where for one in again.differences]
            tally.done()
        scoring.close()
    if broken or differences:
        raise StalledError(f"记录有误 / the record does not hold: {broken[:3]} {differences[:3]}")
    play.noted["checked"] = looked
    play.noted["signed"] = await _signed(play)


async def _signed(play: Play) -> dict[str, int]:
    """How many of Fujian's facts the centre's services verified, and how often they were kept with their signatures.

    Raises:
        StalledError: something was not believed.
    """
    facts, kept, refused = set[str](), 0, list[str]()
    for service in SERVICES:
        database = play.stand.database(service)
        fujian = {"_id": {"$gte": "35/", "$lt": "35/\uffff"}}
        received = [found["_id"] async for found in database.collection(COLLECTION).find(fujian, {"_id": 1})]
        refused += [letter.id for letter in await DeadLetters(database).list(all_=True, codes=("signature.",))]
        database.close()
        facts |= set(received)
        kept += len(received)
    if refused:
        raise StalledError(f"签名被拒 / signatures were refused: {refused[:3]}")
    return {"facts": len(facts), "kept": kept}


async def _certificate(play: Play) -> dict[str, Any]:
    """The certificate of somebody honoured, verified from three files as anyone would, offline."""
    public = play.platform.public
    rows = await public.every("review", "/honours", round=play.code)
    row = next(row for row in rows if row["status"] == "valid" and province_of(row["area"]) == "35")
    honour = f"{row['line']}:{row['code']}:{play.code}"
    signed = await public.text("review", f"/honours/{honour}/credential")
    listed = await public.text("review", f"/status-lists/{row['line']}")
    keys = KeySet.import_key_set(await public.get("review", "/.well-known/jwks.json"))
    verdict = verify(signed, keys, listed, play.stand.clock.now())
    if not verdict.holds or verdict.credential is None:
        raise StalledError(f"证书不成立 / the certificate does not hold: {verdict.findings}")
    return {"honour": honour, "name": verdict.credential.name, "found": [str(one.words) for one in verdict.findings]}
