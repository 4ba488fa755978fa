"""Certificates over HTTP and on paper: what is handed out, what is not, and what the QR code says."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pypdfium2
import pytest
import zxingcpp
from joserfc.jwk import OKPKey
from pydantic import ValidationError

from services.review import sanctions
from services.review.api import certificates, honours
from services.review.api.desk import Desk
from services.review.domain.chamber import KnownChamber
from services.review.domain.credential import SCANS
from services.review.domain.credential import scanned as scanned_text
from services.review.domain.honour import Register
from services.review.domain.sanction import Revoke, revoke
from services.review.domain.verifying import verify
from services.review.issuing import Issuer, WrongKey
from services.review.printing import Printer
from services.review.settings import ReviewSettings
from shared.contracts import text
from shared.kernel.actor import Actor
from shared.kernel.change import NotFound
from shared.runtime.commands import Done
from shared.runtime.health import Health
from shared.runtime.http import create_http
from shared.runtime.tokens import Verifier
from tests.unit.review import certificates as made
from tests.unit.review import given

BULLETIN = "https://sihao.example"
PRINTER = Printer()


class Shelf:
    """Registers and blocks in memory, read like the store and changed like by commands."""

    def __init__(self, register: Register) -> None:
        self.found: dict[tuple[str, str], Any] = {("honours", f"{register.line}:{register.code}"): register}

    async def get(self, kind: Any, key: str) -> Any:
        """One document."""
        return self.found.get((kind.collection, key))

    async def need(self, kind: Any, key: str, zh: str, en: str) -> Any:
        """One document, or 404."""
        if (kind.collection, key) not in self.found:
            raise certificates.missing(kind.collection, key, zh, en)
        return self.found[kind.collection, key]

    async def do(self, kind: Any, key: str, command: Any, decide: Any, *, what: str, by: Actor) -> Done[Any]:
        """Decide and keep."""
        assert (what, by.role) == ("take", "service")
        change = decide(self.found.get((kind.collection, key)), command, given.NOW)
        if change:
            self.found[kind.collection, key] = change.state
        return Done(self.found[kind.collection, key], 1, repeated=False, entry=None)

    async def has_line(self, line: str) -> bool:
        """Whether anybody holds an honour of it."""
        return line == made.LINE

    async def places(self, _line: str) -> Mapping[str, int]:
        """All places."""
        return {h: p for (kind, _), block in self.found.items() if kind == "places" for h, p in block.places.items()}

    async def told(self, _line: str) -> list[tuple[str, str]]:
        """All honours, as they stand."""
        return [(t.honour, t.status) for (kind, _), r in self.found.items() if kind == "honours" for t in r.terms]


class Clock:
    """A clock that is turned by hand."""

    def __init__(self) -> None:
        self.time = given.NOW

    def now(self) -> Any:
        """The time it shows."""
        return self.time


@asynccontextmanager
async def served(shelf: Any, issuer: Issuer | None, clock: Any = None) -> AsyncIterator[httpx2.AsyncClient]:
    """The endpoints of honours and certificates, over this shelf."""

    @asynccontextmanager
    async def life(_: Any) -> AsyncIterator[None]:
        yield

    desk = Desk(
        shelf, shelf, clock or Clock(), {}, sanctions.load(), ("CN",), issuer=issuer, printer=PRINTER, bulletin=BULLETIN
    )
    app = create_http(
        text("审核", "review"),
        "1",
        routers=[certificates.router(desk), honours.router(desk)],
        lifespan=life,
        verifier=Verifier(ReviewSettings(**made.SETTINGS)),
        health=Health(),
    )
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url=made.ADDRESS) as web:
        yield web


async def test_who_has_three_files_verifies_offline_and_sees_a_revocation() -> None:
    shelf, clock = Shelf(made.register()), Clock()
    async with served(shelf, made.issuer(), clock) as web:
        token = (await web.get(f"/honours/{made.HONOUR}/credential")).text
        keys = made.keys(made.issuer()).import_key_set((await web.get("/.well-known/jwks.json")).json())
        before = await web.get(f"/status-lists/{made.LINE}")
        verdict = verify(token, keys, before.text, given.NOW)
        assert verdict.holds
        assert verdict.credential
        assert (verdict.credential.jti, verdict.credential.iss) == (made.HONOUR, made.ADDRESS)
        assert verdict.credential.status.status_list.uri == made.LIST
        assert '"d"' not in made.issuer().published, "the private part"

        command = Revoke(
            by=given.officer("CN"), round="CN-2020", reason=text("弄虚作假", "false facts"), document="d", plaque=15
        )
        shelf.found["honours", f"{made.LINE}:{given.code(1)}"] = revoke(made.register(), command, given.NOW).state
        clock.time += made.DAY
        after = await web.get(f"/status-lists/{made.LINE}")
        again = verify(token, keys, after.text, clock.time)
        assert [finding.holds for finding in again.findings] == [True, True, False]
        assert after.headers["etag"] != before.headers["etag"]

        refusal = await web.get(f"/honours/{made.HONOUR}/credential")
        assert (refusal.status_code, refusal.json()["errors"][0]["code"]) == (404, "certificate.ended")


async def test_the_same_honour_gives_the_same_bytes() -> None:
    for path in ("credential", "certificate.pdf"):
        answers = []
        for _ in range(2):
            async with served(Shelf(made.register()), made.issuer()) as web:
                answers.append(await web.get(f"/honours/{made.HONOUR}/{path}"))
        assert answers[0].status_code == 200, answers[0].text
        assert answers[0].content == answers[1].content
        assert answers[0].headers["etag"] == answers[1].headers["etag"]


async def test_the_paper_says_what_the_register_says_and_its_code_can_be_scanned() -> None:
    async with served(Shelf(made.register()), made.issuer()) as web:
        token = (await web.get(f"/honours/{made.HONOUR}/credential")).text
        answer = await web.get(f"/honours/{made.HONOUR}/certificate.pdf")
    assert answer.headers["content-type"] == "application/pdf"
    document = pypdfium2.PdfDocument(answer.content)
    assert len(document) == 1
    assert document[0].get_width() > document[0].get_height()
    said = "".join(document[0].get_textpage().get_text_bounded().split())
    for words in ("演示商会1", "全国“四好”商会", "演示〔2021〕1号", given.code(1), "Four-GoodChamberofCommerce"):
        assert words in said
    assert scanned(document[0]) == f"{BULLETIN}/verify?q={made.HONOUR}#{token}"


def test_a_statement_too_long_to_be_scanned_is_left_out_of_the_code() -> None:
    address = f"{BULLETIN}/verify?q={made.HONOUR}"
    longest = "x" * (SCANS - len(address) - 1)
    assert scanned_text(BULLETIN, made.HONOUR, longest) == f"{address}#{longest}"
    assert scanned_text(BULLETIN, made.HONOUR, longest + "x") == address


def test_the_longest_names_stay_on_one_page() -> None:
    longest = {"name": "演示" * 50, "document": "演示〔2021〕" * 12, "jti": made.HONOUR + "-2" * 15}
    document = pypdfium2.PdfDocument(PRINTER.typeset(made.credential().model_copy(update=longest), "x" * SCANS))
    assert len(document) == 1
    assert scanned(document[0]) == "x" * SCANS


def scanned(page: Any) -> str:
    """What the QR code on a page says, printed at 200 dots per inch."""
    printed = page.render(scale=200 / 72, grayscale=True)
    dots = memoryview(printed.buffer).cast("B", (printed.height, printed.stride))
    [code] = zxingcpp.read_barcodes(dots)
    return str(code.text)


@pytest.mark.parametrize(
    "path",
    [
        f"/honours/{made.LINE}:{given.code(2)}:CN-2020/credential",
        f"/honours/{made.LINE}:{given.code(1)}:CN-1999/certificate.pdf",
        "/honours/nonsense/credential",
        "/status-lists/none",
    ],
)
async def test_what_is_not_there_is_not_found(path: str) -> None:
    async with served(Shelf(made.register()), made.issuer()) as web:
        assert (await web.get(path)).status_code == 404


async def test_without_a_key_nothing_is_given_and_the_problem_says_why() -> None:
    async with served(Shelf(made.register()), None) as web:
        for path in (f"/honours/{made.HONOUR}/credential", f"/status-lists/{made.LINE}", "/.well-known/jwks.json"):
            answer = await web.get(path)
            assert (answer.status_code, answer.json()["errors"][0]["field"]) == (503, "SIHAO_CERTIFICATE_KEY")
        assert (await web.get(f"/honours/{made.LINE}/{given.code(1)}")).status_code == 200


def test_a_character_that_no_font_has_is_named_and_nothing_is_printed() -> None:
    strange = made.credential().model_copy(update={"name": "\U0002ffff商会"})
    with pytest.raises(NotFound, match=r"U\+2FFFF") as refusal:
        PRINTER.typeset(strange, "x")
    assert refusal.value.problems[0].code == "certificate.no-glyph"


def test_a_folder_without_fonts_prints_nothing(tmp_path: Any) -> None:
    with pytest.raises(NotFound, match="证"):
        Printer(tmp_path).typeset(made.credential(), "x")


def test_a_line_without_words_has_no_certificates() -> None:
    with pytest.raises(NotFound, match=r"lines\.yaml|no certificates"):
        Printer(lines={}).typeset(made.credential(), "x")


def test_keys_are_read_from_files_and_former_ones_stay_published(tmp_path: Any) -> None:
    now, before = OKPKey.generate_key("Ed25519"), made.issuer()
    (tmp_path / "key.pem").write_bytes(now.as_pem(private=True))
    (tmp_path / "former.json").write_text(before.published)
    settings = ReviewSettings(
        **made.SETTINGS,
        public_url=f"{made.ADDRESS}/",
        certificate_key=tmp_path / "key.pem",
        certificate_former_keys=tmp_path / "former.json",
    )
    issuer = Issuer.load(settings)
    assert issuer
    assert issuer.address == made.ADDRESS
    assert len(json.loads(issuer.published)["keys"]) == 2
    assert verify(made.signed(), made.keys(issuer), None, given.NOW).holds


@pytest.mark.parametrize("content", ["", "no key", made.issuer().published])
def test_a_file_that_is_no_private_key_stops_the_start(tmp_path: Any, content: str) -> None:
    (tmp_path / "key.pem").write_text(content)
    settings = ReviewSettings(**made.SETTINGS, public_url=made.ADDRESS, certificate_key=tmp_path / "key.pem")
    with pytest.raises(WrongKey, match="openssl"):
        Issuer.load(settings)


def test_who_signs_needs_an_address(tmp_path: Any) -> None:
    with pytest.raises(ValidationError, match="SIHAO_PUBLIC_URL"):
        ReviewSettings(**made.SETTINGS, certificate_key=tmp_path / "key.pem")


async def test_a_renamed_chambers_certificate_says_both_names_and_others_stay_as_they_were() -> None:
    shelf = Shelf(made.register())
    async with served(shelf, made.issuer()) as web:
        before = (await web.get(f"/honours/{made.HONOUR}/credential")).text
        assert "name_now" not in verify(before, made.keys(made.issuer()), None, given.NOW).model_dump_json()
        known = KnownChamber(code=given.code(1), names={1: "演示新名商会"})
        shelf.found["chambers", given.code(1)] = known
        after = (await web.get(f"/honours/{made.HONOUR}/credential")).text
        verdict = verify(after, made.keys(made.issuer()), None, given.NOW)
        assert verdict.credential
        assert (verdict.credential.name, verdict.credential.name_now) == ("演示商会1", "演示新名商会")
        page = pypdfium2.PdfDocument((await web.get(f"/honours/{made.HONOUR}/certificate.pdf")).content)[0]
    said = "".join(page.get_textpage().get_text_bounded().split())
    assert "演示商会1" in said
    assert "现名演示新名商会" in said


async def test_without_the_press_the_pdf_is_not_given_and_the_signed_data_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.review.printing.find_spec", {}.get)
    shelf = Shelf(made.register())
    async with served(shelf, made.issuer()) as web:
        refused = await web.get(f"/honours/{made.HONOUR}/certificate.pdf")
        assert refused.status_code == 503
        assert [error["code"] for error in refused.json()["errors"]] == ["certificate.no-press"]
        assert (await web.get(f"/honours/{made.HONOUR}/credential")).status_code == 200
