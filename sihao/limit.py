"""`sihao limit`: how long the services' queues may grow, as a policy on the broker that can be changed at any time.

An argument of a queue could never be changed again. An operator policy can, is merged with whatever other policies say,
and takes effect on queues that stand already. A queue that is full refuses (`x-overflow: reject-publish`); what it
refuses waits in its sender's store. Dead-letter queues have no limit: they are how nothing is dropped.
"""

import asyncio
from typing import Annotated

import httpx2
import typer
from rich.console import Console

from sihao.rabbit_api import ManagementApi

MESSAGES = 1_000_000
"""Messages in one queue, at the most; about 2 to 8 GB on the broker's disk. A figure of ours."""
POLICY = "sihao-length"
"""The policy's name."""
QUEUES = r"^(intake|scoring|review|notify)\."
"""The queues it is about."""

_out = Console()
_err = Console(stderr=True)


async def limit_queues(api: ManagementApi, vhost: str, messages: int, *, queues: str = QUEUES) -> None:
    """Let these queues hold so many messages.

    Raises:
        httpx2.HTTPError: the management API does not answer, or its user may not do this.
    """
    policy = {"pattern": queues, "definition": {"max-length": messages}, "apply-to": "queues", "priority": 0}
    await api.put("operator-policies", vhost, POLICY, body=policy)


def limit_command(
    api_url: Annotated[
        str,
        typer.Option(
            "--rabbit-api-url",
            envvar="SIHAO_RABBIT_API_URL",
            help="管理接口地址，须用管理员账号 / management API, with an administrator",
            show_default=False,
        ),
    ],
    *,
    vhost: Annotated[str, typer.Option(help="虚拟主机 / virtual host")] = "/",
    messages: Annotated[
        int, typer.Option(min=1, help="每个队列最多几条 / messages in a queue, at the most")
    ] = MESSAGES,
) -> None:
    """设定队列长度上限，随时可改；满则拒收，不丢弃 / Limit the queues; a full one refuses and drops nothing."""
    try:
        asyncio.run(limit_queues(ManagementApi(api_url), vhost, messages))
    except httpx2.HTTPStatusError as error:
        code = error.response.status_code
        _err.print(f"[red]管理接口拒绝（{code}）：须用管理员账号 / refused ({code}): an administrator is needed[/red]")
        raise typer.Exit(2) from error
    except httpx2.HTTPError as error:
        _err.print("[red]管理接口没有应答，请检查地址 / the management API does not answer; check the address[/red]")
        raise typer.Exit(2) from error
    _out.print(f"{vhost}：每个队列最多 {messages} 条 / at most {messages} messages in a queue", highlight=False)
