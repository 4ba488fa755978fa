"""What the service says about its own HTTP interface: OpenAPI completed with the access rules, and the page `/docs`."""

from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Any

from fastapi.responses import HTMLResponse

from shared.runtime.access import RouteRule
from shared.runtime.pages import page
from shared.runtime.problems import MEDIA_TYPE, ProblemResponse

_ROLES = {
    "public": "任何人 anyone",
    "secretary": "商会秘书 secretary",
    "officer": "工商联干部 officer",
    "expert": "评审专家 expert",
    "operator": "系统运维 operator",
}
_SCOPES = {
    "anyone": "",
    "own chamber": "限本商会 own chamber",
    "own area": "限本地区 own area",
    "any area": "不限地区 any area",
    "self": "限本人事项 own matters",
}
_PLACES = {"path": "路径 path", "query": "查询 query", "header": "标头 header", "cookie": "cookie"}
_REF = "#/components/schemas/{model}"
_ONLY_GUARDED = {"401", "403"}
_ONLY_WRITING = {"400", "408", "409", "413", "415"}


def complete(schema: dict[str, Any], rules: Iterable[RouteRule]) -> dict[str, Any]:
    """The OpenAPI schema with `x-access` on every operation, and only the refusals that can happen, as problem+json.

    Completing twice changes nothing.
    """
    grants = {(rule.method, rule.path): rule.grants for rule in rules}
    for path, method, operation in _operations(schema):
        allowed = grants[method.upper(), path]
        operation["x-access"] = dict(allowed)
        responses = operation["responses"]
        unneeded = (_ONLY_GUARDED if "public" in allowed else set()) | (_ONLY_WRITING if method == "get" else set())
        for status in unneeded & responses.keys():
            del responses[status]
        for status, response in responses.items():
            if status >= "400":
                response["content"] = {MEDIA_TYPE: {"schema": {"$ref": _REF.format(model=ProblemResponse.__name__)}}}
    schemas = schema.setdefault("components", {}).setdefault("schemas", {})
    body = ProblemResponse.model_json_schema(ref_template=_REF, mode="serialization")
    schemas |= body.pop("$defs", {}) | {ProblemResponse.__name__: body}
    schema["components"]["schemas"] = dict(sorted(schemas.items()))
    return schema


def reference_page(schema: Mapping[str, Any]) -> HTMLResponse:
    """Every endpoint for people: what it does, who may call it, what it takes. From the completed schema."""
    lines = sorted(
        (_line(path, method, operation) for path, method, operation in _operations(schema)),
        key=lambda line: (line["tag"], line["path"], line["method"]),
    )
    info = schema["info"]
    return page(
        "reference.html",
        title=info["title"],
        version=info["version"],
        description=info.get("description", ""),
        groups=[(tag, list(group)) for tag, group in groupby(lines, key=lambda line: line["tag"])],
    )


def _operations(schema: Mapping[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [(path, method, operation) for path, item in schema["paths"].items() for method, operation in item.items()]


def _line(path: str, method: str, operation: Mapping[str, Any]) -> dict[str, Any]:
    content = operation.get("requestBody", {}).get("content", {})
    return {
        "id": operation["operationId"],
        "tag": operation.get("tags", ["其他 others"])[0],
        "method": method.upper(),
        "path": path,
        "summary": operation.get("summary", ""),
        "description": operation.get("description", ""),
        "grants": [_grant(role, scope) for role, scope in operation["x-access"].items()],
        "parameters": [
            {
                "name": parameter["name"],
                "place": _PLACES[parameter["in"]],
                "required": parameter.get("required", False),
                "description": parameter.get("description", ""),
            }
            for parameter in operation.get("parameters", [])
        ],
        "body": ", ".join(f"{_name(part)} ({kind})" for kind, part in content.items()),
    }


def _grant(role: str, scope: str) -> str:
    return " · ".join(words for words in (_ROLES[role], _SCOPES[scope]) if words)


def _name(part: Mapping[str, Any]) -> str:
    schema = part.get("schema", {})
    return str(schema.get("$ref", schema.get("title", ""))).rsplit("/", 1)[-1]
