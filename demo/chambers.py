"""What secretaries do: fill in, attach evidence, hand in, correct, withdraw."""

from typing import Any

from demo.api import refused
from demo.parts import Application
from demo.play import Play, each
from shared.contracts import text

_SHARED_FILE = ("收费公示_合成.txt", "演示用合成材料：会费收支公示样本。/ Synthetic, for the demo.\n".encode())
"""A file that many chambers hand in: it is stored once."""


async def apply(play: Play) -> None:
    """Everybody begins an application and fills it in; all but the late ones hand in."""
    applications = play.scenario.applications

    with play.show.step("填报并提交申报", "fill in and hand in", len(applications)) as tally:

        async def one(application: Application) -> None:
            await _fill_in(play, application)
            if application.acts.withdraw == "draft":
                await withdraw(play, application, "暂不具备条件")
            elif not application.acts.late:
                await submit(play, application)
            if application.acts.withdraw == "submitted":
                await withdraw(play, application, "申报材料需重新整理")
            tally.done()

        await each(applications, one)


async def _fill_in(play: Play, application: Application) -> None:
    id_, secretary = play.id_of(application), play.platform.secretary(application.chamber.code)
    await secretary.post("intake", "/applications", {"round": play.code, "chamber": application.chamber.code})
    path = f"/applications/{id_}/evidence"
    await secretary.upload("intake", path, _SHARED_FILE, items=["D2.e"])
    if application.story:
        words = f"{application.chamber.name}：走访登记表（合成，不描述任何真实商会）\n"
        await secretary.upload("intake", path, ("走访登记表_合成.txt", words.encode()), items=["B2.i", "C2.b"])
    facts = play.scenario.facts_of(application)
    items = {item: {"version": 0, "facts": fields} for item, fields in facts.items() if fields}
    await secretary.patch("intake", f"/applications/{id_}/items", {"items": items})


async def submit(play: Play, application: Application, revision: int = 1) -> None:
    """Hand in; the same key twice would be answered with the same receipt."""
    id_, secretary = play.id_of(application), play.platform.secretary(application.chamber.code)
    await secretary.post("intake", f"/applications/{id_}/submit", {"undertaking": True}, key=f"submit-{id_}-{revision}")


async def withdraw(play: Play, application: Application, reason: str) -> None:
    """Take an application back."""
    id_, secretary = play.id_of(application), play.platform.secretary(application.chamber.code)
    await secretary.post("intake", f"/applications/{id_}/withdraw", {"reason": reason}, key=f"withdraw-{id_}")


async def hand_in_late(play: Play) -> None:
    """After the deadline: refused, and kept as an attempt."""
    for application in play.ids(lambda acts: acts.late).values():
        await refused(submit(play, application), "application.late")


async def correct(play: Play) -> None:
    """Whoever was asked to correct does so and hands in again, where the scenario has them do it."""
    asked = play.ids(lambda acts: acts.correct is not None)
    await play.until_status(text("等待退回通知", "the returns arrive"), asked, "returned")

    async def one(id_: str) -> None:
        application = asked[id_]
        secretary = play.platform.secretary(application.chamber.code)
        seen: dict[str, Any] = (await secretary.get("intake", f"/applications/{id_}"))["items"]
        items = {
            item: {"version": seen.get(item, {"version": 0})["version"], "facts": facts}
            for item, facts in (application.acts.correct or {}).items()
        }
        await secretary.patch("intake", f"/applications/{id_}/items", {"items": items})
        await submit(play, application, revision=2)

    await each(asked, one)


async def change_mind(play: Play, when: str, reason: str) -> list[str]:
    """Those withdraw who do it at this point; answers their applications."""
    leaving = play.ids(lambda acts: acts.withdraw == when)
    for application in leaving.values():
        await withdraw(play, application, reason)
    return list(leaving)
