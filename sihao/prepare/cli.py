"""`sihao prepare broker|store|keys`: the commands."""

from pathlib import Path
from typing import Annotated

import typer
from pymongo.errors import PyMongoError

from sihao.prepare import broker as brokers
from sihao.prepare import keys as key_files
from sihao.prepare import store as stores
from sihao.prepare.rights import SERVICES
from sihao.prepare.store import Account, Server
from sihao.province.terminal import ApiCa, Vhost, fail, given, management, out, run

STORE_PASSWORD = "SIHAO_STORE_PASSWORD"  # noqa: S105 - the name of a variable
Replica = Annotated[str, typer.Option("--replica-set", help="副本集名称 / name of the replica set")]

prepare_app = typer.Typer(no_args_is_help=True)


def password_of(service: str) -> str:
    """The password of a service's users, from the environment."""
    return given(f"SIHAO_{service.upper()}_PASSWORD", f"{service} 服务的密码", f"the password of {service}")


@prepare_app.command("broker")
def broker(*, vhost: Vhost = "/", api_ca: ApiCa = None) -> None:
    """建立虚拟主机与四个服务的账号，权限最小 / The virtual host, and a user with the least rights for each service."""
    api = management(api_ca)
    run(brokers.prepare(api, vhost, {service: password_of(service) for service in SERVICES}))
    out.print(f"消息队列账号已就绪 / the broker's users stand: {', '.join(SERVICES)}")


@prepare_app.command("store")
def store(
    databases: Annotated[
        list[str], typer.Argument(metavar="SERVICE=DATABASE", help="账号与其数据库 / a user and its database")
    ],
    *,
    member: Annotated[str, typer.Option(help="服务所见的地址 / as the services reach it, e.g. store:27017")],
    address: Annotated[str, typer.Option(help="本机所见的地址 / as it is reached from here")] = "127.0.0.1:27017",
    replica_set: Replica = "sihao",
    wait: Annotated[float, typer.Option(min=0, help="等待就绪的秒数 / seconds to wait for it")] = 60.0,
) -> None:
    """建立副本集、管理员与各库账号；须在 mongod 本机运行 / The replica set and its users; run it beside mongod."""
    pairs = [one.partition("=") for one in databases]
    if wrong := [user for user, _, database in pairs if not (user and database)]:
        raise typer.BadParameter(f"应为 SERVICE=DATABASE / should be SERVICE=DATABASE: {wrong}")
    accounts = [Account(user, database, password_of(user)) for user, _, database in pairs]
    password = given(STORE_PASSWORD, "数据库管理员的密码", "the password of the store's administrator")
    try:
        stores.prepare(Server(address, member, replica_set, password), accounts, within=wait)
    except PyMongoError as error:
        fail(f"数据库未能就绪：{error}", "the store could not be prepared")
    out.print(f"数据库账号已就绪 / the store's users stand: {', '.join(databases)}")


@prepare_app.command("keys")
def keys(
    folder: Annotated[Path, typer.Argument(file_okay=False, help="存放密钥的文件夹 / folder of the keys")],
) -> None:
    """生成中央的签名密钥，已有的不动 / Make the keys of the centre; those that are there stay."""
    for name, kid in key_files.prepare(folder).items():
        out.print(f"已生成 / made: {name} {kid}")
    out.print(f"密钥已就绪 / the keys stand: {folder}")
