"""Who may call what: `access.yaml` is complete, agrees with the rules in the code, and holds on running services."""

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
import yaml
from pydantic import BaseModel, ConfigDict, Field

from dev.generated.services import described
from dev.issuer import Issuer
from shared.runtime.access import RouteRule, rules_of
from tests.support.one_of_each import one_of_each
from tests.support.platform import Platform, codes

EVERY = "every service"
FUJIAN = "review-35"
OFFICERS = ("CN", "35", "3502", "350203", "3503", "51")
CALLERS = (
    "secretary",
    "other secretary",
    *(f"officer {area}" for area in OFFICERS),
    "expert",
    "other expert",
    "operator",
)


class Row(BaseModel):
    """One line of the table: a request, and what each caller gets for it."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    service: str
    endpoint: str
    path: str = ""
    body: Any = None
    file: dict[str, Any] | None = None
    headers: dict[str, str] = {}
    shows: str = ""
    hides: str = ""
    anyone: bool = False
    yes_: tuple[str, ...] = Field(default=(), alias="yes")
    empty: tuple[str, ...] = ()
    turn: tuple[str, ...] = ()
    invalid: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()

    @property
    def method(self) -> str:
        """The HTTP method."""
        return self.endpoint.partition(" ")[0]

    @property
    def template(self) -> str:
        """The path as the code writes it."""
        return self.endpoint.partition(" ")[2]

    @property
    def key(self) -> tuple[str, str]:
        """The service, whichever of its deployments, and the endpoint."""
        return self.service.partition("-")[0], self.endpoint

    @property
    def groups(self) -> dict[str, tuple[str, ...]]:
        """Callers by what they get."""
        return {
            "yes": self.yes_,
            "empty": self.empty,
            "turn": self.turn,
            "invalid": self.invalid,
            "absent": self.absent,
        }

    def expected(self, caller: str) -> str:
        """What this caller gets."""
        return next((name for name, callers in self.groups.items() if caller in callers), "no")

    def callers(self) -> Iterator[str]:
        """Who is turned away comes first, so that nobody's act is the reason for it."""
        yield from sorted(CALLERS, key=lambda caller: self.expected(caller) == "yes")


def read_table() -> list[Row]:
    text = (Path(__file__).parent / "access.yaml").read_text("utf-8")
    # YAML 1.1 reads the word `yes` as true; here it is a word.
    found = yaml.load(text, Loader=_Words)  # noqa: S506 - a subclass of SafeLoader
    services = ["intake", "scoring", "review", FUJIAN, "notify"]
    rows = [(service, row) for service in services for row in found[service]]
    rows += [(service, row) for service in services for row in found[EVERY]]
    return [Row(service=service, **row) for service, row in rows]


class _Words(yaml.SafeLoader):
    """Reads `true` and `false` as truth values, and `yes` as the word."""


_Words.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Words.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("^(true|false)$"), list("tf"))

TABLE = read_table()
ROWS = [pytest.param(row, id=f"{row.service}: {row.method} {row.path or row.template}") for row in TABLE]


def real_rules() -> dict[tuple[str, str], RouteRule]:
    return {
        (service.name, f"{rule.method} {rule.path}"): rule for service in described() for rule in rules_of(service.app)
    }


def test_every_endpoint_stands_in_the_table_and_the_table_names_no_other() -> None:
    assert {row.key for row in TABLE} == set(real_rules())


def test_the_table_lets_in_exactly_the_roles_that_the_code_names() -> None:
    for key, rule in real_rules().items():
        rows = [row for row in TABLE if row.key == key]
        let_in = {"public" for row in rows if row.anyone}
        for row in rows:
            named_in = (*row.yes_, *row.absent)
            let_in |= {caller.split()[-1] if "other" in caller else caller.split()[0] for caller in named_in}
        named = set(rule.grants)
        if key[1] in {"GET /inbox", "POST /inbox/{letter}/read", "PUT /recipients/{person}/channels"}:
            named &= let_in  # everybody's own; the table shows it by a secretary's
        assert let_in == named, key


def test_only_known_callers_are_named() -> None:
    named = {caller for row in TABLE for group in row.groups.values() for caller in group}
    assert named <= set(CALLERS)


@pytest.fixture(scope="module")
async def documents(platform: Platform) -> dict[str, Any]:
    return await one_of_each(platform, spare=map(_slug, CALLERS))


@pytest.fixture(scope="module")
def tokens(platform: Platform, documents: Mapping[str, Any]) -> dict[str, str]:
    """The callers' tokens."""
    return {
        "secretary": platform.token("secretary", chamber=documents["code"]),
        "other secretary": platform.token("secretary", chamber=documents["other_code"]),
        **{f"officer {area}": platform.token("officer", area=area) for area in OFFICERS},
        "expert": platform.token("expert", sub="expert-1"),
        "other expert": platform.token("expert", sub="expert-6"),
        "operator": platform.token("operator"),
    }


@pytest.fixture(scope="module")
def bad_tokens(platform: Platform, documents: Mapping[str, Any]) -> dict[str, str | None]:
    """Tokens of somebody who would be allowed everything, were they accepted."""
    everything: dict[str, Any] = {
        "roles": ["secretary", "officer", "expert", "operator"],
        "area": "CN",
        "chamber": documents["code"],
    }
    issuer = platform.stand.issuer
    with Issuer() as stranger:
        foreign = stranger.token("somebody", **everything)
    return {
        "no token": None,
        "expired": issuer.token("somebody", **everything, lifetime=timedelta(hours=-1)),
        "for another audience": issuer.token("somebody", **everything, audience="elsewhere"),
        "of another issuer": foreign,
        "without a role": issuer.token("somebody"),
    }


@pytest.mark.parametrize("row", ROWS)
async def test_the_table_holds(
    row: Row,
    platform: Platform,
    documents: dict[str, Any],
    tokens: Mapping[str, str],
    bad_tokens: Mapping[str, str | None],
) -> None:
    assert row.anyone or row.yes_ or row.absent, "nobody is let in: the request may simply be wrong"
    secrets = "|".join(re.escape(documents[name]) for name in ("name", "person", "mail", "objection"))
    wrong = []
    for caller, token in bad_tokens.items():
        response = await send(platform, row, documents, caller, token)
        wanted = "in" if row.anyone else "403" if caller == "without a role" else "401"
        got = "in" if _let_in(response) else str(response.status_code)
        if got != wanted or (not row.anyone and re.search(secrets, response.text)):
            wrong.append(f"{caller}: {response.status_code} instead of {wanted}: {response.text[:200]}")
        if row.hides and re.search(fill(row.hides, documents), response.text):
            wrong.append(f"{caller}: sees {row.hides}")
    for caller in () if row.anyone else row.callers():
        response = await send(platform, row, documents, caller, tokens[caller])
        wanted, got = row.expected(caller), outcome(row, response, documents)
        if got != wanted:
            wrong.append(f"{caller}: {got} instead of {wanted}: {response.status_code} {response.text[:200]}")
        elif wanted in {"no", "empty"} and re.search(secrets, response.text):
            wrong.append(f"{caller}: is told what is not theirs to know: {response.text[:200]}")
    assert not wrong, "\n".join(wrong)


async def send(
    platform: Platform, row: Row, documents: Mapping[str, Any], caller: str, token: str | None
) -> httpx2.Response:
    """The row's request, as this caller would send it."""
    known = {**documents, "caller": _slug(caller)}
    path = fill(row.path, known) or row.template
    assert _matches(row.template, path), f"{path} is not {row.template}"
    given: dict[str, Any] = {"headers": dict(row.headers)}
    if row.file:
        given["files"] = {"file": (row.file["name"], fill(row.file["text"], known).encode())}
        given["data"] = {"items": row.file.get("items", [])}
    elif row.body is not None:
        given["json"] = fill(row.body, known)
    return await platform.call(row.method, row.service, path, token=token, **given)


def outcome(row: Row, response: httpx2.Response, documents: Mapping[str, Any]) -> str:
    """What a caller got, in the words of the table."""
    by_code = {"announcements.unknown": "absent", "case.not-your-turn": "turn"}
    if told := next((by_code[code] for code in codes(response) if code in by_code), None):
        return told
    if response.status_code in {401, 403, 404}:
        return "no"
    if response.status_code == 422:
        return "invalid"
    if not (response.is_success or response.status_code == 409):
        return str(response.status_code)
    if row.shows and not re.search(fill(row.shows, documents), response.text):
        return "empty"
    return "yes" if row.method != "GET" or response.is_success else str(response.status_code)


def fill(value: Any, known: Mapping[str, Any]) -> Any:
    """With `{name}` replaced by what is known under that name, at any depth; a text that is only that, by the thing."""
    if isinstance(value, dict):
        return {fill(key, known): fill(item, known) for key, item in value.items()}
    if isinstance(value, list):
        return [fill(item, known) for item in value]
    if not isinstance(value, str):
        return value
    whole = re.fullmatch(r"\{(\w+)\}", value)
    return known[whole[1]] if whole else re.sub(r"\{(\w+)\}", lambda found: str(known[found[1]]), value)


def _let_in(response: httpx2.Response) -> bool:
    return response.status_code not in {401, 403, 405, 422} and response.status_code < 500


def _matches(template: str, path: str) -> bool:
    pattern = re.sub(r"\\{[^}]*:path\\}", ".+", re.escape(template))
    return re.fullmatch(re.sub(r"\\{[^}]*\\}", "[^/]+", pattern), path.partition("?")[0]) is not None


def _slug(caller: str) -> str:
    return caller.replace(" ", "-")
