"""The `sihao` command, put together from the rooms. A room is imported when one of its commands is run."""

from collections.abc import Callable
from importlib import import_module
from typing import Any, NamedTuple, cast

import typer
from typer.core import TyperCommand, TyperGroup


class Room(NamedTuple):
    """Where a command stands."""

    place: str
    """Module and name: a function, or a group of commands."""
    help: str
    """What it is for, in a line."""


COMMANDS = {
    "score": Room("services.scoring.cli:score_command", "不连服务器，为一份申报评分 / Score facts without any server."),
    "rescore": Room(
        "services.scoring.rescore_cli:rescore_command",
        "批量重算并核对摘要 / Score many applications again and compare digests.",
    ),
    "rubric": Room("services.scoring.cli:rubric_app", "查看和检查评分标准 / Show and check rubrics."),
    "procedure": Room(
        "services.review.cli:procedure_app", "查看、检查和画出审核程序 / List, check and draw procedures."
    ),
    "language": Room(
        "services.notify.cli:language_app", "检查其他语言文字 / Check further languages of letters and pages."
    ),
    "evidence": Room(
        "services.intake.cli:evidence_app", "为本省自存的材料开具材料单 / Slips for files that a province keeps."
    ),
    "dead": Room("sihao.dead:dead_app", "查看和重放死信 / List, show and replay dead letters."),
    "verify": Room("sihao.verify:verify_app", "核对历史与决定是否完整 / Check that histories and decisions are whole."),
    "certificate": Room("sihao.certificate:certificate_app", "核验证书，无需联网 / Verify certificates, offline."),
    "centre": Room(
        "sihao.centre.cli:centre_app",
        "中央的签名密钥：生成、登记、核对 / The centre's signing key: make, register, see.",
    ),
    "prepare": Room(
        "sihao.prepare.cli:prepare_app", "首次启动前的准备：账号、密钥 / Before the first start: users, keys."
    ),
    "province": Room(
        "sihao.province.cli:province_app", "省级接入：接纳、检查、连接 / Provinces: admit, check, connect."
    ),
    "conformance": Room(
        "conformance.cli:conformance_app", "检验一省自有的审核软件 / Check a province's own review software."
    ),
    "doctor": Room(
        "sihao.doctor.cli:doctor_command", "检查整个部署，指出问题与办法 / Check a deployment and say what to do."
    ),
    "limit": Room("sihao.limit:limit_command", "设定消息队列的长度上限 / Limit the length of the broker's queues."),
    "replay": Room(
        "sihao.replay:replay_command", "重算一个周期，须与记录一致 / Compute a round again; nothing may differ."
    ),
    "restore": Room(
        "sihao.restore:restore_command",
        "数据库从备份恢复后补回遗忘的事实 / Give a restored store back what it forgot.",
    ),
    "trace": Room(
        "sihao.road.cli:trace_command", "一份申报走过的路与各步用时 / The road of one application, step by step."
    ),
}


def load(name: str) -> TyperCommand | TyperGroup:
    """The command of this name, ready to run."""
    module, _, attribute = COMMANDS[name].place.partition(":")
    found: typer.Typer | Callable[..., Any] = getattr(import_module(module), attribute)
    alone = typer.Typer(add_completion=False, callback=_all)
    if isinstance(found, typer.Typer):
        alone.add_typer(found, name=name, help=COMMANDS[name].help)
    else:
        alone.command(name, help=COMMANDS[name].help)(found)
    group = typer.main.get_command(alone)
    assert isinstance(group, TyperGroup)  # noqa: S101 - since it has a callback
    return cast("TyperCommand | TyperGroup", group.commands[name])


class Rooms(TyperGroup):
    """Lists every command without reading any, and reads the one that is run."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.commands = {name: TyperCommand(name, help=room.help) for name, room in COMMANDS.items()}

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that is run, with what is left to it."""
        name, listed, rest = super().resolve_command(ctx, args)
        return name, load(name) if name else listed, rest


def _all() -> None:
    """All commands stand in the table."""


app = typer.Typer(
    cls=Rooms,
    no_args_is_help=True,
    add_completion=False,
    callback=_all,
    help="四好商会认定平台 / Sihao, the platform for recognising Four-Good chambers of commerce.",
)


def main() -> None:
    """Run it."""
    app()
