"""Who may call what: the rules that stand at the endpoints, on one page."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from dev.generated.services import Described
from shared.kernel.actor import Role
from shared.runtime.access import RouteRule, Scope, rules_of

PLACE = Path("docs/access.md")
_ROLES: tuple[tuple[Role, str], ...] = (
    ("secretary", "秘书 secretary"),
    ("officer", "工作人员 officer"),
    ("expert", "专家 expert"),
    ("operator", "运维 operator"),
)
_SCOPES: dict[Scope, str] = {
    "anyone": "任何人 anyone",
    "own chamber": "本商会 own chamber",
    "own area": "本地区 own area",
    "any area": "全部 all",
    "self": "本人 self",
}
_HEAD = """\
# 权限一览 / Who may call what

<!-- 由 make docs 生成 / made by make docs -->

角色来自令牌的 `roles`；工作人员的地区来自 `area`，秘书的商会来自 `chamber`，本人即 `sub`。
“本地区”指令牌的地区覆盖文件所在地区；审核中由本级或某一联合会专办的事项，另须恰为该地区。
公开接口不看令牌。`tests/integration/access.yaml` 对每个接口、角色与地区逐条验证。

Roles come from the token's `roles`, an officer's area from `area`, a secretary's chamber from `chamber`, oneself is
`sub`. “Own area”: the token's area covers that of the document; what only one federation decides needs exactly that
area. Public endpoints look at no token. `tests/integration/access.yaml` tries every endpoint with every role and area.
"""


def documents(services: Iterable[Described]) -> dict[Path, str]:
    """The one page; a service that is deployed twice stands there once."""
    apps = {service.name: service.app for service in services}
    return {PLACE: "\n".join([_HEAD, *(_section(name, rules_of(app)) for name, app in apps.items())])}


def _section(name: str, rules: Sequence[RouteRule]) -> str:
    guarded = [rule for rule in rules if "public" not in rule.grants]
    public = [rule for rule in rules if "public" in rule.grants]
    heading = ["接口 endpoint", *(title for _, title in _ROLES)]
    lines = [f"## {name}", "", _row(heading), _row(["---"] * len(heading))]
    lines += [_row([_endpoint(rule), *(_scope(rule, role) for role, _ in _ROLES)]) for rule in guarded]
    lines += ["", "公开 / public:", "", *(f"- {_endpoint(rule)}{_why(rule)}" for rule in public), ""]
    return "\n".join(lines)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _endpoint(rule: RouteRule) -> str:
    return f"`{rule.method} {rule.path}`"


def _scope(rule: RouteRule, role: Role) -> str:
    return _SCOPES[rule.grants[role]] if role in rule.grants else "—"


def _why(rule: RouteRule) -> str:
    return f"：{rule.note}" if rule.note else ""
