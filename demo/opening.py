"""Before anybody applies: the register of chambers, last round's honours, the committee, the round, the people."""

import csv
import io
from typing import Any

from openpyxl import Workbook

from demo.api import StalledError, refused, until
from demo.data import list_name
from demo.parts import Expert, Term
from demo.play import Play, each
from shared.contracts import CENTRE, text

XLSX_LISTS = ("37",)
"""Areas whose officers bring an XLSX file; the others bring CSV."""
FAULTY = "chambers-35-faulty.csv"


async def bring_chambers(play: Play) -> None:
    """Import every area's list; one with wrong rows first, of which nothing may be taken over."""
    officer = play.platform.officer("35")
    faulty = (play.scenario.directory / FAULTY).read_bytes()
    refusal = await refused(officer.upload("intake", "/chambers/import", (FAULTY, faulty)), "chamber.code-check")
    play.noted["row_errors"] = refusal.errors
    if found := await officer.every("intake", "/chambers", area="35"):
        raise StalledError(f"有误的名单不应导入任何一行 / a faulty list must leave nothing behind: {len(found)}")

    with play.show.step("导入商会名册", "import the chambers", len(play.scenario.chambers)) as tally:
        for area in play.scenario.lists:
            name = list_name(area)
            data = (play.scenario.directory / name).read_bytes()
            if area in XLSX_LISTS:
                name, data = name.replace(".csv", ".xlsx"), as_xlsx(data)
            report = await play.platform.officer(area).upload("intake", "/chambers/import", (name, data))
            tally.done(report["registered"])


def as_xlsx(csv_bytes: bytes) -> bytes:
    """The same list as a workbook."""
    book = Workbook()
    sheet = book.worksheets[0]
    for row in csv.reader(io.StringIO(csv_bytes.decode("utf-8-sig"))):
        sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


async def record_last_round(play: Play) -> None:
    """Record the honours of the round before."""
    last, line = play.scenario.last_round, play.scenario.round.honour
    centre = play.platform.officer(CENTRE)

    async def record(term: Term) -> None:
        chamber = {"code": term.code, "name": term.name, "area": term.area, "level": term.level, "type": term.type}
        body = {
            "line": line,
            "round": last["code"],
            "chamber": chamber,
            "document": last["document"],
            "source": last["source"],
            "valid_from": last["valid_from"].isoformat(),
            "valid_until": last["valid_until"].isoformat(),
        }
        await centre.post("review", "/honours", body)

    with play.show.step("登记上届称号", "record the last round's honours", len(play.scenario.terms)) as tally:
        await each(play.scenario.terms, record)
        tally.done(len(play.scenario.terms))


async def appoint_experts(play: Play) -> None:
    """Enrol the committee, with the ties that are known."""
    known: dict[str, list[dict[str, Any]]] = {}
    for application in play.scenario.applications:
        conflict = application.acts.conflict
        if conflict and conflict.when == "assignment":
            tie = {"code": application.chamber.code, "kind": conflict.kind, "until": None}
            known.setdefault(conflict.expert, []).append(tie)

    async def enrol(expert: Expert) -> None:
        body = {"fields": expert.fields, "area": expert.area, "ties": known.get(expert.id, []), "active": True}
        await play.platform.officer(CENTRE).put("review", f"/experts/{expert.id}", body)

    await each(play.scenario.committee.members, enrol)


async def open_round(play: Play) -> None:
    """Draft, freeze and open the round, once intake has heard of its rubric."""
    operator, officer = play.platform.operator(), play.platform.officer(CENTRE)
    wanted = play.scenario.round

    async def unknown() -> list[str]:
        known = {rubric["id"] for rubric in (await operator.get("intake", "/rubrics"))["items"]}
        return sorted({wanted.rubric} - known)

    with play.show.step("制定、定稿并开放认定周期", "draft, freeze and open the round", 3) as tally:
        await until(text("等待评分标准发布", "the rubric is published"), unknown)
        await officer.put("intake", f"/rounds/{play.code}", wanted.model_dump(mode="json"))
        tally.done()
        await officer.post("intake", f"/rounds/{play.code}/freeze")
        tally.done()
        await officer.post("intake", f"/rounds/{play.code}/open")
        tally.done()


async def register_people(play: Play) -> None:
    """Who gets letters, and how: everybody in the inbox; officers, and secretaries with a story, also by mail."""
    people: dict[str, dict[str, Any]] = {}
    for application in play.scenario.applications:
        chamber = application.chamber
        told_by_mail = application.story is not None or chamber.code in {term.code for term in play.scenario.terms}
        people[f"secretary-{chamber.code}"] = {
            "role": "secretary",
            "name": "秘书长（演示）",
            "mail": mail_of(chamber.code),
            "area": chamber.area,
            "chamber": chamber.code,
            "channels": ["mail", "inbox"] if told_by_mail else ["inbox"],
            "language": "both",
        }
    for area in sorted({one.chamber.area for one in play.scenario.applications} | set(play.scenario.lists)):
        people[f"officer-{area}"] = {
            "role": "officer",
            "name": "工作人员（演示）",
            "mail": f"officer-{area.lower()}@example.org",
            "area": area,
            "chamber": None,
            "channels": ["inbox"] if area not in play.scenario.lists else ["mail", "inbox"],
            "language": "zh",
        }
    operator = play.platform.operator()

    async def register(id_: str) -> None:
        await operator.put("notify", f"/recipients/{id_}", people[id_])

    with play.show.step("登记收件人", "register who gets letters", len(people)) as tally:
        await each(people, register)
        tally.done(len(people))
    play.noted["people"] = len(people)


def mail_of(code: str) -> str:
    """The mail address of a chamber's secretary."""
    return f"{code.lower()}@example.org"


def refuse_mails(play: Play) -> None:
    """One address that does not exist, and one whose server is busy at first."""
    by_key = {application.key: application.chamber.code for application in play.scenario.applications}
    play.stand.mails.refuse(mail_of(by_key["just_below_20_percent"]), permanently=True)
    play.stand.mails.refuse(mail_of(by_key["renamed"]), times=2)
