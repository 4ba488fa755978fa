"""Who may call what, said where the endpoint stands, enforced before it runs, and readable as one table.

    @router.post("/{case}/return")
    async def return_case(case: str, by: Annotated[Actor, allow(officer="own area")]) -> …:
        require_area(by, the_case.area)

The rule checks the token and the role. What only the document knows (whose chamber, which area) the endpoint checks
with `require_area` and `require_chamber`; the rule's scope declares it. An application with a route that has no
rule does not start.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import Depends, FastAPI, Request, Security
from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from shared.contracts.area import covers
from shared.kernel.actor import PUBLIC, Actor, Role
from shared.kernel.problem import problem
from shared.runtime.problems import Forbidden, HttpProblem, Unauthenticated
from shared.runtime.tokens import Caller

Scope = Literal["anyone", "own chamber", "own area", "any area", "self"]
"""How far a role reaches: `own chamber`, `own area` and `self` are checked in the endpoint, against the document."""

_BEARER = HTTPBearer(bearerFormat="JWT", description="OIDC access token", auto_error=False)


@dataclass(frozen=True)
class Rule:
    """Which roles may call an endpoint, each how far."""

    grants: tuple[tuple[Role, Scope], ...]
    note: str = ""


class _Open(Rule):
    """For anyone; no token is looked at."""

    async def __call__(self) -> Actor:
        return PUBLIC


class _Guarded(Rule):
    """For those whose token gives one of the roles; they act in the first of them."""

    async def __call__(
        self,
        request: Request,
        credentials: Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)],
    ) -> Actor:
        if credentials is None:
            raise Unauthenticated(_NO_TOKEN, headers={"WWW-Authenticate": 'Bearer realm="sihao"'})
        caller: Caller | HttpProblem = request.state.caller
        if isinstance(caller, HttpProblem):
            raise caller
        role = next((role for role, _ in self.grants if role in caller.roles), None)
        if role is None:
            roles = ", ".join(role for role, _ in self.grants)
            raise Forbidden(
                problem(
                    "access.role",
                    "token.roles",
                    rule=(f"此操作仅限下列角色：{roles}。", f"Only these roles may do this: {roles}."),
                    remedy=("请以具备该角色的账号登录。", "Sign in with an account that has one of them."),
                )
            )
        return caller.actor_as(role)


def allow(
    *,
    secretary: Scope | None = None,
    officer: Scope | None = None,
    expert: Scope | None = None,
    operator: Scope | None = None,
    note: str = "",
) -> Any:
    """The dependency that lets these roles in, each as far as its scope says, and gives the endpoint its `Actor`.

    A caller who holds several of the roles acts in the first, in the order of this signature.
    """
    scopes: tuple[tuple[Role, Scope | None], ...] = (
        ("secretary", secretary),
        ("officer", officer),
        ("expert", expert),
        ("operator", operator),
    )
    grants = tuple((role, scope) for role, scope in scopes if scope is not None)
    if not grants:
        raise ValueError("allow() names nobody; public() is for anyone")
    return Depends(_Guarded(grants, note))


def public(note: str = "") -> Any:
    """The dependency of an endpoint that is for anyone; its `Actor` is the kernel's `PUBLIC`."""
    return Depends(_Open((("public", "anyone"),), note))


def require_area(actor: Actor, area: str) -> None:
    """An officer must serve the area: theirs covers it. Other roles pass, their scope is another.

    Raises:
        Forbidden: the area lies outside.
    """
    own = actor.area
    if actor.role == "officer" and not (own and covers(own, area)):
        raise Forbidden(
            problem(
                "access.area",
                "token.area",
                rule=(f"您服务的地区为 {own}，不含 {area}。", f"Your area is {own}; {area} is not in it."),
                remedy=("请由该地区的工商联办理。", "Ask the federation of that area."),
            )
        )


def require_chamber(actor: Actor, credit_code: str) -> None:
    """A secretary must act for their own chamber. Other roles pass.

    Raises:
        Forbidden: it is another chamber.
    """
    if actor.role == "secretary" and actor.chamber != credit_code:
        raise Forbidden(
            problem(
                "access.chamber",
                "token.chamber",
                rule=("只能办理本商会的事项。", "You may act for your own chamber only."),
                remedy=("请由该商会的秘书处办理。", "Ask the secretary of that chamber."),
            )
        )


@dataclass(frozen=True)
class RouteRule:
    """One line of the table: an endpoint, who may call it, how far, and why."""

    method: str
    path: str
    grants: dict[Role, Scope]
    note: str


class MissingRule(Exception):  # noqa: N818 - a fault of the program, found at its start
    """A route says nothing about who may call it, or says it twice."""


def rules_of(app: FastAPI) -> list[RouteRule]:
    """The whole table, in order of path and method.

    Raises:
        MissingRule: a route without exactly one rule; mounts and plain Starlette routes cannot have one.
    """
    table = []
    for route in iter_route_contexts(app.routes):
        dependant = getattr(route, "dependant", None)
        rules = list(_rules(dependant)) if dependant else []
        if len(rules) != 1:
            raise MissingRule(f"{route.methods} {route.path}: {len(rules)} access rules, there must be one")
        table += [
            RouteRule(method, route.path or "", dict(rules[0].grants), rules[0].note)
            for method in sorted(route.methods or ())
        ]
    return sorted(table, key=lambda line: (line.path, line.method))


def assert_every_route_has_a_rule(app: FastAPI) -> None:
    """Fail at the start rather than serve a route that nobody thought about."""
    rules_of(app)


def _rules(dependant: Dependant) -> Iterator[Rule]:
    if isinstance(dependant.call, Rule):
        yield dependant.call
    for inner in dependant.dependencies:
        yield from _rules(inner)


_NO_TOKEN = problem(
    "token.missing",
    "header.authorization",
    rule=("此操作需要登录凭证。", "This needs a token."),
    remedy=("请登录，并以 Authorization: Bearer … 发送凭证。", "Sign in and send Authorization: Bearer …"),
)
