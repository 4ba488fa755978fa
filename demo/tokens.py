"""Tokens for whoever wants to try the interfaces of the running demo by hand, one per role, as a file for the shell."""

import shlex
from pathlib import Path

from demo.play import Play

_HEAD = "# 本次演示的令牌，十二小时内有效 / tokens of this demo, good for twelve hours\n"


def write(play: Play, path: Path) -> str:
    """Write the tokens to `path`, for its owner only; answers a command that uses one of them."""
    winner = play.scenario.read_yaml("winners.yaml")[0]["name"]
    code = next(code for code, chamber in play.scenario.chambers.items() if chamber.name == winner)
    platform = play.platform
    callers = {
        "SECRETARY": (platform.secretary(code), f"{winner}的秘书 / secretary of one chamber, {code}"),
        "OFFICER_3502": (platform.officer("3502"), "厦门市工商联 / the city's federation"),
        "OFFICER_35": (platform.officer("35"), "福建省工商联 / the province's federation"),
        "OFFICER_CN": (platform.officer("CN"), "全国工商联 / the national federation"),
        "EXPERT": (platform.expert("e-01"), "评审专家 e-01 / a member of the committee"),
        "OPERATOR": (platform.operator(), "系统运维 / who runs the platform"),
    }
    lines = [f"{name}={shlex.quote(caller.token or '')}  # {who}" for name, (caller, who) in callers.items()]
    lines.append(f"AMQP_URL={shlex.quote(play.stand.amqp_url)}  # 本次演示的消息队列 / the broker of this demo")
    path.touch(mode=0o600)
    path.write_text(_HEAD + "\n".join(lines) + "\n", encoding="utf-8")
    address = f"{platform.services['intake']}/applications/{play.code}-{code}/timeline"
    return f'. {shlex.quote(str(path))}; curl -H "Authorization: Bearer $SECRETARY" {address}'
