"""Further languages: Chinese stays first, what has no words falls back, and a file that does not fit is refused."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st
from pydantic import ValidationError
from typer.testing import CliRunner

from services.notify import pages
from services.notify.domain import recipient as recipients
from services.notify.domain.letter import Draft, Letter
from services.notify.domain.recipient import Profile, Wishes
from services.notify.languages import Language, WrongLanguage, chosen, page_words, require
from services.notify.mail import compose
from services.notify.register import Register
from services.notify.shapes import inbox_letter
from services.notify.wording import Wording, load_wording
from shared.contracts import CaseReturned, Event
from shared.contracts.text import text
from shared.runtime.health import Health
from shared.runtime.http import create_http
from shared.runtime.tokens import Verifier
from sihao.cli import app
from tests.support.own_rules import put
from tests.unit.notify.given import NOW, TurnedClock, example, settings
from tests.unit.notify.test_pages import PAGES, SITE, Shelf, entries


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The files that the page shows."""
    return put(tmp_path, under="languages")


@pytest.fixture
def wording(folder: Path) -> Wording:
    return load_wording(SITE, folder)


def returned() -> Event:
    return example(CaseReturned)


def letter(wording: Wording, further: str | None, language: Any = "both") -> Letter:
    template = next(t for t in wording.templates if t.name == "case.returned")
    said = wording.render(template, returned())
    draft = Draft(
        to="p-1",
        channel="mail",
        language=language,
        area="3502",
        template=template.name,
        event=template.event,
        because="e-1",
        about="a",
        subject=said.subject,
        body=said.body,
        further=wording.further(template, returned(), further),
    )
    return Letter(id=draft.key, draft=draft, at=NOW, status="queued")


PROFILE = Profile(role="subscriber", name="收件人", mail="a@example.org", area="35")


def mail(one: Letter) -> tuple[str, str, str]:
    message = compose(one, PROFILE, sender="s@example.org", sender_name="四好")
    return message["Subject"], message["Content-Language"], message.get_content()


def test_a_letter_is_said_in_chinese_first_then_in_the_language_wished_then_in_english(wording: Wording) -> None:
    subject, languages, body = mail(letter(wording, "ug"))
    assert languages == "zh-CN, ug, en"
    assert subject.index("请于") < subject.index("〔ug〕") < subject.index("Please correct")
    first, second, third = body.split("――――――――")
    assert "补正" in first
    assert "〔ug〕" in second
    assert "has to be corrected" in third
    event = returned()
    assert isinstance(event, CaseReturned)
    assert all(item.item in second for item in event.items)
    shown = inbox_letter(letter(wording, "ug"))
    assert shown.further
    assert (shown.further.language, shown.further.dir) == ("ug", "rtl")


def test_what_has_no_words_is_said_as_ever(wording: Wording) -> None:
    assert mail(letter(wording, None)) == mail(letter(wording, "bo"))
    others = [t for t in wording.templates if t.name != "case.returned"]
    assert [wording.further(t, returned(), "ug") for t in others[:3]] == [None] * 3


@pytest.mark.parametrize(
    ("file", "change", "field", "rule"),
    [
        ("letters/case.returned.yaml", ("{{ case }}", ""), "ug/letters/case.returned.yaml body", "it lacks case"),
        ("letters/case.returned.yaml", ("{{ case }}", "{{ case }}{{ area }}"), "case.returned.yaml body", "has area"),
        ("letters/case.returned.yaml", ("{{ chamber.name }},", "{{ chamber.code }},"), "body", "lacks chamber.name"),
        ("letters/case.returned.yaml", ("{{ deadline|until_zh }} {{", "{{"), "case.returned.yaml subject", "deadline"),
        ("letters/case.returned.yaml", ("{% endfor %}", ""), "case.returned.yaml body", "cannot be read"),
        ("letters/case.returned.yaml", ("|until_zh", "|until_ug"), "case.returned.yaml subject", "until_ug"),
        ("letters/case.returned.yaml", ("subject:", "title:"), "ug/letters/case.returned.yaml subject", "is required"),
        ("words.yaml", ("首页:", "首首页:"), "ug/words.yaml 首首页", "there are: 首页"),
        ("words.yaml", ("首页:", "首页: ["), "ug/words.yaml", "cannot be read"),
        ("language.yaml", ("rtl", "up"), "ug/language.yaml dir", "must be one of"),
    ],
)
def test_a_file_that_does_not_fit_is_refused_with_the_key(
    folder: Path, file: str, change: tuple[str, str], field: str, rule: str
) -> None:
    path = folder / "ug" / file
    path.write_text(path.read_text("utf-8").replace(*change), encoding="utf-8")
    with pytest.raises(WrongLanguage) as refusal:
        load_wording(SITE, folder)
    found = [p for p in refusal.value.problems if field in p.field and rule in p.rule.en]
    assert found, [(p.field, p.rule.en) for p in refusal.value.problems]
    assert found[0].rule.zh != found[0].rule.en
    ran = CliRunner().invoke(app, ["language", "check", str(folder)])
    assert ran.exit_code == 2


def test_a_letter_or_a_folder_of_another_name_is_refused(folder: Path) -> None:
    known = folder / "ug" / "letters" / "case.returned.yaml"
    known.rename(known.with_name("case.return.yaml"))
    with pytest.raises(WrongLanguage, match=r"case\.returned"):
        load_wording(SITE, folder)
    (folder / "ug").rename(folder / "zh")
    with pytest.raises(WrongLanguage, match="BCP 47"):
        load_wording(SITE, folder)
    with pytest.raises(WrongLanguage, match="SIHAO_LANGUAGES"):
        load_wording(SITE, folder / "nowhere")


def test_pages_cannot_show_everybody_what_is_not_there(wording: Wording) -> None:
    require(wording.languages, None)
    require(wording.languages, "ug")
    with pytest.raises(WrongLanguage, match="SIHAO_LANGUAGE"):
        require(wording.languages, "bo")


def test_the_command_line_says_how_much_is_said(folder: Path) -> None:
    ran = CliRunner(env={"COLUMNS": "160"}).invoke(app, ["language", "check", str(folder)])
    assert ran.exit_code == 0, ran.output
    assert f"3/{len(page_words())}" in ran.output


@asynccontextmanager
async def reader(wording: Wording, default: str | None = None) -> AsyncIterator[httpx2.AsyncClient]:
    @asynccontextmanager
    async def life(_: Any) -> AsyncIterator[None]:
        yield

    shelf: Any = Shelf(entries())
    clock = TurnedClock()
    routes = pages.router(shelf, Register(shelf, clock, {}), clock, wording.languages, default)
    served = create_http(
        text("通知", "notify"), "1", routers=[routes], lifespan=life, verifier=Verifier(settings()), health=Health()
    )
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(served), base_url=SITE) as web:
        yield web


HOME = '首页 <span class="own" lang="ug" dir="rtl">〔ug 首页〕</span> <span lang="en">Home</span>'


async def test_pages_show_it_between_chinese_and_english_to_whoever_asks(wording: Wording) -> None:
    async with reader(wording) as web:
        plain = await web.get("/")
        assert "〔ug" not in plain.text
        assert plain.headers["vary"] == "Accept-Language"
        asked = await web.get("/", headers={"Accept-Language": "ug-CN,zh;q=0.9"})
        assert HOME in asked.text
        assert asked.headers["content-language"] == "zh-CN, ug, en"
        assert '<html lang="zh-CN">' in asked.text
        without = asked.text.replace('<span class="own" lang="ug" dir="rtl">', "<ug>").split("<ug>")
        rest = without[0].rstrip() + "".join(part.partition("</span>")[2] for part in without[1:])
        assert rest.count("<span") == plain.text.count("<span"), "nothing else has changed"


@pytest.mark.parametrize("path", PAGES)
async def test_a_deployment_may_show_it_to_everybody(wording: Wording, path: str) -> None:
    async with reader(wording, "ug") as web:
        answer = await web.get(path)
        assert answer.status_code == 200
        assert HOME in answer.text


@drawn(st.text(max_size=300))
def test_whatever_is_asked_for_one_that_is_there_or_none_is_chosen(asked: str) -> None:
    languages = {"ug": Language(tag="ug", name="ug"), "mn-Mong": Language(tag="mn-Mong", name="mn")}
    assert chosen(asked, languages, None) in (None, *languages.values())
    assert chosen("mn-mong", languages, None) is languages["mn-Mong"]
    assert chosen("fr, ug;q=0.5", languages, "mn-Mong") is languages["ug"]
    assert chosen("", languages, "mn-Mong") is languages["mn-Mong"]


def test_a_person_chooses_it_and_may_leave_it_out_again() -> None:
    before = recipients.Recipient(id="p", profile=PROFILE)
    wished = recipients.Choose(channels=("mail",), language="zh", further="ug")
    change = recipients.choose(before, wished, NOW)
    assert change
    assert change.state.profile
    assert change.state.profile.further == "ug"
    back = recipients.choose(change.state, recipients.Choose(channels=("mail",), language="zh"), NOW)
    assert back
    assert back.state.profile
    assert back.state.profile.further is None
    for wrong in ("Uyghur", "ug\n", "u", "../zh"):
        with pytest.raises(ValidationError):
            Wishes(further=wrong)
