"""Every “no” over HTTP is problem+json (RFC 9457), in words a person can act on, with the trace to ask about.

Whatever runs below an endpoint may raise these; nobody builds an error response by hand:

    HttpProblem
    ├── Invalid          422  what was sent breaks a rule of its form
    ├── Unauthenticated  401  no token, or one that is not accepted
    ├── Forbidden        403  the caller may not do this, or not here
    ├── HandingOver      503  the area is on its way to another service: try again, there if need be
    └── Unavailable      503  the store, the broker or the token issuer is away: try again
    Refused (kernel)     409  the domain says no;  NotFound 404;  NotYet 503
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict
from starlette.exceptions import HTTPException

from shared.contracts.text import Text, text
from shared.kernel.change import NotFound, NotYet, Refused
from shared.kernel.problem import Problem, problem
from shared.runtime.mongo import StoreError
from shared.runtime.pages import page, prefers_html
from shared.runtime.sentences import translate
from shared.runtime.telemetry import current_trace_id

TOO_SLOW = 408
TOO_LARGE = 413
TOO_MANY = 429
UNAVAILABLE = 503
MEDIA_TYPE = "application/problem+json"
MOST = 100
"""Errors of form that are told at once; of more, only how many there are."""

_KINDS: Mapping[int, tuple[str, Text]] = {
    400: ("unreadable", text("无法读取", "Unreadable")),
    401: ("unauthenticated", text("需要登录凭证", "A valid token is needed")),
    403: ("forbidden", text("无权办理", "Not allowed")),
    404: ("not-found", text("不存在", "Not found")),
    405: ("method-not-allowed", text("此地址不支持该操作", "This address does not know this method")),
    408: ("too-slow", text("发送太慢", "Too slow")),
    409: ("refused", text("不予办理", "Refused")),
    413: ("too-large", text("内容过大", "Too large")),
    415: ("unsupported", text("不支持此编码", "Encoding not supported")),
    422: ("invalid", text("所填内容有误", "What was sent is not valid")),
    429: ("too-many", text("请求过于频繁", "Too many requests")),
    500: ("internal", text("系统内部错误", "Internal error")),
    503: ("unavailable", text("服务暂不可用", "Unavailable for the moment")),
}


class ProblemResponse(BaseModel):
    """What every refused request is answered with."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    type: str
    """Kind of the refusal: `urn:sihao:problem:refused`; the exact reason is the `code` of each error."""
    title: str
    """The kind in words, Chinese / English."""
    status: int
    """The HTTP status."""
    detail: str
    """What is wrong, Chinese / English; if several things are, how many."""
    errors: tuple[Problem, ...]
    """Each thing that is wrong: field, rule and remedy."""
    trace_id: str | None
    """Name this when you ask for help: it finds the logs and the trace."""


class HttpProblem(Exception):  # noqa: N818 - a refusal, not an error of ours
    """A refusal that knows its status."""

    status = HTTPStatus.INTERNAL_SERVER_ERROR

    def __init__(self, *problems: Problem, headers: Mapping[str, str] | None = None) -> None:
        super().__init__("; ".join(f"{p.field}: {p.rule}" for p in problems))
        self.problems = problems
        self.headers = dict(headers or {})


class Invalid(HttpProblem):
    """What was sent breaks a rule of its form that only the handler can see (a row of a sheet, the type of a file)."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY


class Unauthenticated(HttpProblem):
    """There is no token, or it is not accepted."""

    status = HTTPStatus.UNAUTHORIZED


class Forbidden(HttpProblem):
    """The caller is known, and may not do this."""

    status = HTTPStatus.FORBIDDEN


class HandingOver(HttpProblem):
    """The area is being handed over to another service, or has been; nothing was done."""

    status = HTTPStatus.SERVICE_UNAVAILABLE

    def __init__(self) -> None:
        super().__init__(
            problem(
                "area.handing-over",
                "area",
                rule=(
                    "该地区正在移交（或已移交）另一审核服务，本次请求未办理。",
                    "This area is being handed over to another review service, or has been; nothing was done.",
                ),
                remedy=(
                    "请于 30 秒后重试；若仍如此，请向该地区现在的审核服务办理。",
                    "Send the same request again in 30 s; if it stays so, send it to the service that has the area.",
                ),
            ),
            headers={"Retry-After": "30"},
        )


class Unavailable(HttpProblem):
    """Something we need is away (`what`: store, broker, issuer); the request may be repeated.

    Nothing was done; but if the answer of the store to a write was lost, that is not `certain`.
    """

    status = HTTPStatus.SERVICE_UNAVAILABLE

    def __init__(self, what: str, retry_after: int = 5, *, certain: bool = True) -> None:
        rule = (f"“{what}”暂时无法访问，本次请求未办理。", f"`{what}` is away for the moment; nothing was done.")
        remedy = (f"请于 {retry_after} 秒后重试。", f"Send the same request again in {retry_after} s.")
        if not certain:
            rule = (
                f"“{what}”暂时没有应答，本次请求是否办理尚不确定。",
                f"`{what}` does not answer for the moment; whether this was done is not certain.",
            )
            remedy = (
                f"请于 {retry_after} 秒后用同一个 Idempotency-Key 重试，不会重复办理；未带此键的，请先查询结果。",
                f"Send it again in {retry_after} s with the same Idempotency-Key; without one, look first.",
            )
        super().__init__(
            problem(f"unavailable.{what}", what, rule=rule, remedy=remedy), headers={"Retry-After": str(retry_after)}
        )


def answer(
    request: Request,
    status: int,
    problems: tuple[Problem, ...],
    headers: Mapping[str, str] | None = None,
    *,
    total: int | None = None,
) -> Response:
    """The response to a refused request: a page for browsers, problem+json for everybody else.

    `total` says how many problems there are, if not all of them are given.
    """
    body = body_of(status, problems, total)
    if prefers_html(request):
        return page("problem.html", status=status, headers=headers, title=_kind(status)[1], problem=body)
    return Response(body.model_dump_json(), status, headers, MEDIA_TYPE)


def body_of(status: int, problems: tuple[Problem, ...], total: int | None = None) -> ProblemResponse:
    """What is said to a refused request."""
    kind, title = _kind(status)
    count = total or len(problems)
    few = problems[0].rule if count == 1 else text(f"共 {count} 处有误", f"{count} problems")
    if count > len(problems) > 0:
        few = text(f"{few.zh}，列出前 {len(problems)} 处", f"{few.en}, the first {len(problems)} of which are listed")
    return ProblemResponse(
        type=f"urn:sihao:problem:{kind}",
        title=str(title),
        status=status,
        detail=str(few if problems else title),
        errors=problems,
        trace_id=current_trace_id(),
    )


def unasked(status: int) -> ProblemResponse:
    """What is said to a client whose request did not even arrive: 408 or 503."""
    return body_of(status, _UNROUTED[status])


def internal_error(request: Request) -> Response:
    """500 without any of our insides; the trace id leads to them."""
    rule = ("系统发生意外错误，已记录。", "Something unexpected happened; it has been recorded.")
    remedy = ("请稍后重试；如再次出现，请提供 trace_id。", "Try again later; if it stays, tell us the trace_id.")
    return answer(request, 500, (problem("internal", "request", rule=rule, remedy=remedy),))


def too_large(request: Request) -> Response:
    """413."""
    rule = ("发送的内容超过此地址允许的大小。", "What was sent is larger than this address allows.")
    remedy = ("请缩小或分次发送。", "Make it smaller, or send it in parts.")
    return answer(request, 413, (problem("too-large", "body", rule=rule, remedy=remedy),))


def encoded(request: Request) -> Response:
    """415: the body is compressed. What it would unfold to is not for us to find out."""
    rule = ("不接受压缩的请求内容（Content-Encoding）。", "Compressed bodies (Content-Encoding) are not accepted.")
    remedy = ("请不压缩，直接发送。", "Send it as it is.")
    said = problem("encoding", "header.content-encoding", rule=rule, remedy=remedy)
    return answer(request, 415, (said,), {"Accept-Encoding": "identity"})


def too_many(request: Request, seconds: int) -> Response:
    """429: the caller's budget is used up for so many seconds."""
    rule = ("请求过于频繁，已超出此时段的限额。", "Too many requests: the budget of this window is used up.")
    remedy = (f"请于 {seconds} 秒后重试。", f"Send it again in {seconds} s.")
    said = problem("rate", "request", rule=rule, remedy=remedy)
    return answer(request, TOO_MANY, (said,), {"Retry-After": str(seconds)})


def busy(request: Request) -> Response:
    """503: as many requests as we can take are at work."""
    return answer(request, UNAVAILABLE, (BUSY,), {"Retry-After": "2"})


def took_too_long(request: Request) -> Response:
    """503: no answer was found within the time a request may take."""
    late = Unavailable("time", certain=request.method in ("GET", "HEAD"))
    return answer(request, late.status, late.problems, late.headers)


def add_handlers(app: FastAPI) -> None:
    """Answer every exception above, and Starlette's and FastAPI's own, as a problem."""

    async def http_problem(request: Request, error: Any) -> Response:
        return answer(request, error.status, error.problems, error.headers)

    async def refused(request: Request, error: Any) -> Response:
        return answer(request, 404 if isinstance(error, NotFound) else 409, error.problems)

    async def not_yet(request: Request, error: Any) -> Response:
        rule = (f"所需内容尚未到达：{error.missing}", f"what this needs has not arrived yet: {error.missing}")
        remedy = ("请于 2 秒后重试。", "Send the same request again in 2 s.")
        return answer(request, 503, (problem("not-yet", "request", rule=rule, remedy=remedy),), {"Retry-After": "2"})

    async def invalid(request: Request, error: Any) -> Response:
        errors = error.errors()
        return answer(request, 422, translate(errors[:MOST]), total=len(errors))

    async def from_framework(request: Request, error: Any) -> Response:
        if error.status_code == TOO_LARGE:
            return too_large(request)
        return answer(request, error.status_code, _UNROUTED.get(error.status_code, ()), error.headers)

    async def store_away(request: Request, _error: Exception) -> Response:
        away = Unavailable("store", certain=request.method in ("GET", "HEAD"))
        return answer(request, away.status, away.problems, away.headers)

    async def unexpected(request: Request, _error: Exception) -> Response:
        return internal_error(request)

    app.add_exception_handler(HttpProblem, http_problem)
    app.add_exception_handler(Refused, refused)
    app.add_exception_handler(NotYet, not_yet)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, from_framework)
    app.add_exception_handler(StoreError, store_away)
    app.add_exception_handler(Exception, unexpected)


BUSY = problem(
    "busy",
    "request",
    rule=("服务繁忙，本次请求未办理。", "The service is busy; nothing was done."),
    remedy=("请稍后重试。", "Send the same request again a little later."),
)
SLOW = problem(
    "too-slow",
    "request",
    rule=("请求发送太慢，已停止接收。", "The request came in too slowly, and was given up."),
    remedy=("请检查网络后重试。", "Check the connection and send it again."),
)
_SEE_DOCS = ("请核对，可用的地址与操作见 /docs。", "Check it; /docs lists what there is.")
_UNROUTED: Mapping[int, tuple[Problem, ...]] = {
    400: (problem("unreadable", "body", rule=("内容无法读取。", "The body cannot be read."), remedy=_SEE_DOCS),),
    404: (problem("no-such-path", "path", rule=("没有此地址。", "There is no such address."), remedy=_SEE_DOCS),),
    405: (
        problem("no-such-method", "method", rule=("此地址不支持该操作。", "No such method here."), remedy=_SEE_DOCS),
    ),
    TOO_SLOW: (SLOW,),
    UNAVAILABLE: (BUSY,),
}


def _kind(status: int) -> tuple[str, Text]:
    return _KINDS.get(status) or (f"http-{status}", text(f"请求未完成（{status}）", HTTPStatus(status).phrase))


RESPONSES: dict[int | str, dict[str, Any]] = {
    status: {"description": str(title)} for status, (_, title) in _KINDS.items() if status not in (405, 500)
}
"""Every refusal in OpenAPI, without its body: as a model it would be compiled for every endpoint and status at every
start, half of all that a start costs. `reference` adds it when it is asked for."""
