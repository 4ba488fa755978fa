"""What people do on the platform, as far as several tests need it: import, open a round, apply."""

from collections.abc import Collection, Mapping
from typing import Any

from demo.data import list_name
from demo.parts import Application
from shared.contracts import CENTRE, province_of
from tests.support.platform import Platform


async def import_chambers(platform: Platform, area: str, codes: Collection[str]) -> str:
    """An area's officer brings these chambers; answers the list as it was brought."""
    heading, *rows = (platform.scenario.directory / list_name(area)).read_text("utf-8-sig").splitlines()
    text = "\n".join([heading, *(row for row in rows if row.partition(",")[0] in codes)]) + "\n"
    officer = platform.token("officer", area=area)
    await platform.done(
        "POST", "intake", "/chambers/import", token=officer, files={"file": ("list.csv", text.encode())}
    )
    return text


def round_body(platform: Platform, code: str) -> dict[str, Any]:
    """The scenario's round under another code."""
    return {**platform.scenario.round.model_dump(mode="json"), "code": code}


async def draft_round(platform: Platform, code: str) -> None:
    """Draft it, once intake has heard of its rubric."""
    officer = platform.token("officer", area=CENTRE)
    await platform.comes("intake", "/rubrics", token=officer, holds=lambda page: bool(page["items"]))
    await platform.done("PUT", "intake", f"/rounds/{code}", token=officer, json=round_body(platform, code))


async def open_round(platform: Platform, code: str) -> str:
    """Draft, freeze and open it; answers its code."""
    await draft_round(platform, code)
    officer = platform.token("officer", area=CENTRE)
    await platform.done("POST", "intake", f"/rounds/{code}/freeze", token=officer)
    await platform.done("POST", "intake", f"/rounds/{code}/open", token=officer)
    return code


async def begin(platform: Platform, one: Application, round_: str) -> str:
    """Begin an application, fill it in and attach a file; answers its id."""
    secretary, id_ = secretary_of(platform, one), f"{round_}-{one.chamber.code}"
    start = {"round": round_, "chamber": one.chamber.code}
    await platform.done("POST", "intake", "/applications", token=secretary, json=start)
    facts = platform.scenario.facts_of(one)
    items = {item: {"version": 0, "facts": fields} for item, fields in facts.items() if fields}
    await platform.done("PATCH", "intake", f"/applications/{id_}/items", token=secretary, json={"items": items})
    await platform.done(
        "POST",
        "intake",
        f"/applications/{id_}/evidence",
        token=secretary,
        files={"file": ("收费公示_合成.txt", f"合成材料 / synthetic {id_}".encode())},
        data={"items": ["D2.e"]},
    )
    return id_


async def submit(platform: Platform, one: Application, round_: str, *, headers: Mapping[str, str] | None = None) -> str:
    """Begin and hand in; answers the application's id."""
    id_ = await begin(platform, one, round_)
    secretary = secretary_of(platform, one)
    path = f"/applications/{id_}/submit"
    await platform.done(
        "POST", "intake", path, token=secretary, json={"undertaking": True}, headers=dict(headers or {})
    )
    return id_


async def bring(platform: Platform, one: Application) -> None:
    """Have the chamber of this application in the register."""
    await import_chambers(platform, province_of(one.chamber.area), [one.chamber.code])


def secretary_of(platform: Platform, one: Application) -> str:
    """The token of the chamber's secretary."""
    return platform.token("secretary", chamber=one.chamber.code)
