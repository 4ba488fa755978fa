"""The HTTP endpoints for people and officers: who may see and change what, and what never leaves."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pytest

from services.notify import api
from services.notify.domain.letter import Letter, Rejected, Status, create, record
from services.notify.domain.recipient import Recipient
from services.notify.store import LETTERS, inbox_cursor, list_cursor
from shared.contracts import covers, text
from shared.kernel.actor import Actor
from shared.runtime.commands import Done
from shared.runtime.health import Health
from shared.runtime.http import create_http
from shared.runtime.tokens import Caller
from tests.unit.notify.given import NOW, draft, profile

CODE = "51350200MJB00102XM"
PERSON = profile().model_dump(mode="json")


class Tokens:
    """Takes `role:area:id` for a token."""

    async def caller(self, token: str) -> Caller:
        """Who it is."""
        role, area, person = token.split(":")
        return Caller(sub=person, roles=frozenset({role}), area=area or None, chamber=CODE)

    async def aclose(self) -> None:
        """Nothing to close."""


class Shelves:
    """Recipients and letters in memory, read like the store and changed like by commands."""

    def __init__(self) -> None:
        self.found: dict[tuple[str, str], Any] = {}

    async def do(self, kind: Any, key: str, command: Any, decide: Any, *, what: str, by: Actor, **_: Any) -> Done[Any]:
        """Decide and keep."""
        assert what
        assert by.id
        before = self.found.get((kind.collection, key))
        change = decide(before, command, NOW)
        if change:
            self.found[kind.collection, key] = change.state
        return Done(change.state if change else before, 1, repeated=False, entry=None)

    def _all(self, kind: str) -> list[Any]:
        return [state for (collection, _), state in sorted(self.found.items()) if collection == kind]


class People(Shelves):
    """The store's recipients."""

    async def get(self, person: str) -> Recipient | None:
        """One person."""
        return self.found.get(("recipients", person))

    async def list(self, *, area: str, limit: int, after: str | None, **_: Any) -> list[tuple[str, Recipient]]:
        """People of an area."""
        inside = [r for r in self._all("recipients") if r.profile and covers(area, r.profile.area)]
        return [(r.id, r) for r in inside if r.id > (after or "")][:limit]


class Post(Shelves):
    """The store's letters."""

    def __init__(self, people: People) -> None:
        super().__init__()
        self.found = people.found

    async def get(self, letter: str) -> Letter | None:
        """One letter."""
        return self.found.get(("letters", letter))

    async def inbox(self, person: str, *, limit: int, after: str | None) -> list[Letter]:
        """A person's inbox."""
        own = [one for one in self._all("letters") if one.draft.to == person and one.draft.channel == "inbox"]
        return [one for one in own if inbox_cursor(one) > (after or "")][:limit]

    async def unread(self, person: str) -> int:
        """How many are unread."""
        return sum(not one.read for one in await self.inbox(person, limit=99, after=None))

    async def list(self, *, area: str, limit: int, after: str | None, **_: Any) -> list[Letter]:
        """Letters to an area."""
        inside = [one for one in self._all("letters") if covers(area, one.draft.area)]
        return [one for one in inside if list_cursor(one) > (after or "")][:limit]

    async def counts(self, area: str) -> dict[Status, int]:
        """How many, per status."""
        inside = [one.status for one in await self.list(area=area, limit=99, after=None)]
        return {
            "queued": inside.count("queued"),
            "delivered": inside.count("delivered"),
            "failed": inside.count("failed"),
        }

    def put(self, letter: Letter) -> str:
        """Have this letter."""
        self.found[LETTERS.collection, letter.id] = letter
        return letter.id


@pytest.fixture
def post() -> Post:
    return Post(People())


@pytest.fixture
async def web(post: Post) -> AsyncIterator[httpx2.AsyncClient]:
    @asynccontextmanager
    async def life(_: Any) -> AsyncIterator[None]:
        yield

    people, tokens = People(), Tokens()
    people.found = post.found
    store: Any = people
    letters: Any = post
    routes = api.router(store, letters, store)
    verifier: Any = tokens
    app = create_http(text("通知", "notify"), "1", routers=[routes], lifespan=life, verifier=verifier, health=Health())
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://notify") as client:
        yield client


def by(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


OPERATOR = by("operator::op")
XIAMEN = by("officer:3502:off-xm")
FUJIAN = by("officer:35:off-fj")
FUZHOU = by("officer:3501:off-fz")
SECRETARY = by("secretary::sec-1")


@pytest.mark.parametrize(
    ("who", "status"), [(OPERATOR, 200), (XIAMEN, 200), (FUJIAN, 200), (FUZHOU, 403), (SECRETARY, 403), ({}, 401)]
)
async def test_recipients_are_registered_by_the_office_of_their_area(
    web: httpx2.AsyncClient, who: dict[str, str], status: int
) -> None:
    assert (await web.put("/recipients/sec-1", json=PERSON, headers=who)).status_code == status


async def test_an_officer_cannot_move_somebody_else_s_recipient_into_his_area(web: httpx2.AsyncClient) -> None:
    await web.put("/recipients/sec-1", json=PERSON, headers=XIAMEN)
    moved = await web.put("/recipients/sec-1", json=PERSON | {"area": "3501"}, headers=FUZHOU)
    assert moved.status_code == 403
    assert (await web.get("/recipients/sec-1", headers=SECRETARY)).json()["area"] == "3502"


async def test_a_person_sees_and_changes_only_his_own_wishes(web: httpx2.AsyncClient) -> None:
    await web.put("/recipients/sec-1", json=PERSON, headers=XIAMEN)
    mine = await web.put(
        "/recipients/sec-1/channels", json={"channels": ["inbox"], "language": "zh"}, headers=SECRETARY
    )
    assert (mine.status_code, mine.json()["channels"], mine.json()["language"]) == (200, ["inbox"], "zh")
    stranger = by("secretary::sec-2")
    for answer in (
        await web.put("/recipients/sec-1/channels", json={"channels": []}, headers=stranger),
        await web.get("/recipients/sec-1", headers=stranger),
        await web.get("/recipients/sec-1", headers=FUZHOU),
        await web.get("/recipients", headers=stranger),
        await web.get("/recipients?area=3501", headers=XIAMEN),
    ):
        assert answer.status_code == 403
        assert answer.json()["errors"][0]["remedy"]["zh"]


async def test_an_officer_s_list_is_of_his_area(web: httpx2.AsyncClient) -> None:
    for person, area in (("a", "3501"), ("b", "3502"), ("c", "350203")):
        await web.put(f"/recipients/{person}", json=PERSON | {"area": area}, headers=OPERATOR)
    listed = {who: [p["id"] for p in (await web.get("/recipients", headers=by(who))).json()["items"]] for who in LISTS}
    assert listed == LISTS
    first = (await web.get("/recipients?limit=2", headers=OPERATOR)).json()
    rest = (await web.get("/recipients", params={"limit": 2, "after": first["next"]}, headers=OPERATOR)).json()
    assert [p["id"] for p in first["items"] + rest["items"]] == ["a", "b", "c"]
    assert rest["next"] is None


LISTS = {
    "officer:3502:x": ["b", "c"],
    "officer:35:x": ["a", "b", "c"],
    "officer:44:x": [],
    "operator::x": ["a", "b", "c"],
}


async def test_who_is_erased_is_gone(web: httpx2.AsyncClient) -> None:
    await web.put("/recipients/sec-1", json=PERSON, headers=XIAMEN)
    assert (await web.delete("/recipients/sec-1", headers=FUZHOU)).status_code == 403
    assert (await web.delete("/recipients/sec-1", headers=XIAMEN)).status_code == 204
    assert (await web.get("/recipients/sec-1", headers=SECRETARY)).status_code == 404
    assert (await web.delete("/recipients/sec-1", headers=XIAMEN)).status_code == 404


async def test_the_inbox_is_one_s_own(web: httpx2.AsyncClient, post: Post) -> None:
    written = create(None, draft(channel="inbox"), NOW)
    assert written
    key = post.put(written.state)
    mine = (await web.get("/inbox", headers=SECRETARY)).json()
    assert (mine["unread"], [letter["id"] for letter in mine["items"]]) == (1, [key])
    assert mine["items"][0]["body"] == {"zh": "贵会的申报已受理。\n", "en": "Your application is under review.\n"}
    assert (await web.get("/inbox", headers=OPERATOR)).json()["items"] == []
    assert (await web.post(f"/inbox/{key}/read", headers=OPERATOR)).status_code == 404
    assert (await web.post(f"/inbox/{key}/read", headers=SECRETARY)).json()["read_at"]
    assert (await web.get("/inbox", headers=SECRETARY)).json()["unread"] == 0


async def test_offices_see_what_became_of_letters_but_not_their_words(web: httpx2.AsyncClient, post: Post) -> None:
    written = create(None, draft(), NOW)
    assert written
    failed = record(written.state, Rejected(reason="550 no such user"), NOW)
    assert failed
    key = post.put(failed.state)
    page = await web.get("/letters", headers=FUJIAN)
    assert page.json()["counts"] == {"queued": 0, "delivered": 0, "failed": 1}
    (line,) = page.json()["items"]
    assert (line["id"], line["status"], line["reason"]) == (key, "failed", "550 no such user")
    assert "贵会" not in page.text
    assert "@" not in page.text
    assert (await web.get("/letters", headers=FUZHOU)).json()["items"] == []
    assert (await web.get("/letters", headers=SECRETARY)).status_code == 403
    assert (await web.post(f"/letters/{key}/retry", headers=FUZHOU)).status_code == 403
    assert (await web.post(f"/letters/{key}/retry", headers=XIAMEN)).json()["status"] == "queued"
    again = await web.post(f"/letters/{key}/retry", headers=XIAMEN)
    assert (again.status_code, again.json()["errors"][0]["code"]) == (409, "letter.not-failed")
    assert (await web.post("/letters/none/retry", headers=XIAMEN)).status_code == 404
