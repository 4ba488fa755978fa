"""The settings every service has; each service adds its own. Read from the environment, prefix `SIHAO_`."""

from ipaddress import ip_network
from pathlib import Path
from typing import Annotated

import limits
from pydantic import AfterValidator, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


def _rate(written: str) -> str:
    limits.parse(written)
    return written


def _networks(written: str) -> str:
    for network in filter(None, written.split(",")):
        ip_network(network.strip())
    return written


Rate = Annotated[str, AfterValidator(_rate)]
"""So many in such a time: `600/minute`, `10/second`."""


class EdgeSettings(BaseSettings):
    """How the service receives its clients: how many, how fast, how long. All per process."""

    model_config = SettingsConfigDict(env_prefix="SIHAO_", extra="ignore", use_attribute_docstrings=True)

    trusted_proxies: Annotated[str, AfterValidator(_networks)] = ""
    """可信代理的地址或网段，仅采信其 `X-Forwarded-For`；空：一概不信。置于入口网关之后时必须设置。
    Addresses or networks of the proxies whose `X-Forwarded-For` is believed, `10.0.0.0/8,fd00::/8`; empty: none."""
    rate_read: Rate = "1200/minute"
    """每个令牌持有人的读取频率。
    What one holder of a token may read."""
    rate_write: Rate = "600/minute"
    """每个令牌持有人的操作频率。
    What one holder of a token may do."""
    rate_public_read: Rate = "1200/minute"
    """无令牌时每个地址的读取频率。
    What one address may read without a token."""
    rate_public_write: Rate = "120/minute"
    """无令牌时每个地址的操作频率（提出异议、核验回执）。
    What one address may do without a token: object, have a receipt verified."""
    rate_failed: Rate = "300/minute"
    """每个地址可失败的令牌次数；有效令牌照常受理。
    Tokens of one address that may fail; good ones are served on."""
    header_seconds: float = Field(default=15.0, gt=0)
    """客户端发送请求行和请求头的时限（秒）。
    Seconds a client may take to send a request's line and headers."""
    stall_seconds: float = Field(default=20.0, gt=0)
    """客户端发送正文或读取应答时，可落后于 `SIHAO_MIN_RATE` 的秒数。
    Seconds that a client who sends its body, or reads its answer, may fall behind `min_rate`."""
    min_rate: int = Field(default=5_000, gt=0)
    """正文收取与应答读取的最低速率（字节/秒）。
    Bytes per second that a body must come with, and an answer be read with."""
    request_seconds: float = Field(default=60.0, gt=0)
    """本服务开始应答的时限（秒），不计客户端发送所用时间。
    Seconds of our own until an answer must begin; the client's time to send is not counted."""
    max_connections: int = Field(default=800, ge=1)
    """同时打开的连接数；再多一个时关闭空闲最久的。
    Open connections; for one more, the one that has been idle longest is closed."""
    max_at_work: int = Field(default=400, ge=1)
    """同时处理的请求数。
    Requests being answered at the same time."""
    max_bodies: int = Field(default=256 * 1024 * 1024, ge=1)
    """同时在手的正文总字节数。
    Bytes of all bodies that are in hand at the same time."""


class KeySettings(BaseSettings):
    """With what the service signs, and whose signatures it believes (`docs/trust.md`)."""

    model_config = SettingsConfigDict(env_prefix="SIHAO_", extra="ignore", use_attribute_docstrings=True)

    signing_key: Path | None = None
    """本服务签发消息所用私钥文件（Ed25519，PEM）；不设则不签名。
    File with the private key that signs what this service announces (Ed25519, PEM); without it nothing is signed."""
    signing_key_id: str | None = Field(default=None, pattern=r"^[A-Za-z0-9._-]{1,100}$")
    """密钥编号；默认为其指纹（RFC 7638）。
    Its id; by default its thumbprint (RFC 7638)."""
    trust: Path | None = None
    """中央公钥文件（JWK Set）：以其中密钥签名者即来自中央。
    File with the public keys of the centre (JWK Set): what is signed with one of them comes from the centre."""
    evidence_days: int = Field(default=1100, ge=1)
    """对方消息原文与签名的保存天数（中央存各省的，省存中央的）。
    Days for which the exact bytes and signatures of the other side's messages are kept."""


class Settings(EdgeSettings, KeySettings):
    """Where a service finds its broker, its store, its token issuer and its clock."""

    amqp_url: SecretStr
    """消息队列地址，用本服务自己的账号。
    AMQP URL of the broker, with this service's own user: `amqp://user:secret@host:5672/vhost`."""
    rabbit_api_url: SecretStr | None = None
    """RabbitMQ 管理接口地址；设置后，启动时检查有无会丢弃消息的投递次数上限。
    URL of RabbitMQ's management API; with it the start checks that no delivery limit can drop messages."""
    mongo_url: SecretStr
    """本服务自己的数据库地址。
    MongoDB URL of this service's own store."""
    database: str = Field(min_length=1)
    """本服务的数据库名；其他服务不得使用。
    Name of this service's database; no other service uses it."""
    oidc_issuer: str
    """令牌签发者（`iss`）。
    Issuer (`iss`) whose bearer tokens are accepted."""
    oidc_jwks_url: str
    """签发者公布公钥的地址。
    Where the issuer publishes its keys."""
    oidc_audience: str = "sihao"
    """令牌须指明的受众（`aud`）。
    Audience (`aud`) that tokens must name."""
    host: str = "127.0.0.1"
    """监听地址。
    Address to listen on."""
    port: int = Field(default=8000, ge=0, le=65535)
    """监听端口。
    Port to listen on."""
    public_url: str = ""
    """人们访问本服务的地址，用于链接；空：用相对链接。
    The address under which people reach this service, for links; empty: relative links."""
    clock_file: Path | None = None
    """仅供演示和测试：用文件拨动时钟。生产环境切勿设置。
    Demo and tests only: a file by which the clock is turned. Never set in production."""
    log_level: str = "INFO"
    """记录日志的最低级别。
    Least level that is logged."""

    batch_limit: int = Field(default=200, ge=1, le=2000)
    """一批至多一并处理、提交的消息或命令数。
    Messages decided and committed together, at the most."""
    prefetch: int = Field(default=400, ge=1)
    """消息队列可交给本进程的未确认消息数。
    Unacknowledged messages the broker may hand to this process."""
    publish_timeout: float = Field(default=10.0, gt=0)
    """等待一轮发布确认的秒数。
    Seconds to wait for the broker's confirms of one wave."""
    sweep_every: float = Field(default=2.0, gt=0)
    """两次巡查待发件和期限之间的秒数。
    Seconds between two sweeps of outboxes and deadlines."""
    sweep_age: float = Field(default=5.0, ge=0)
    """未获确认的事实多少秒后再次发布。
    Age in seconds after which an unconfirmed fact is published again."""
    catch_up_rate: float | None = Field(default=None, gt=0)
    """补发积压时每秒至多发出的条数；默认：省为 200，其余不限。
    Facts per second at which what has waited is sent out; by default 200 in a province, else no limit."""
    catch_up_late: float = Field(default=300.0, gt=0)
    """等候超过多少秒的消息算作积压。
    Age in seconds beyond which messages that wait are a backlog."""
    catch_up_settle: float = Field(default=10.0, ge=0)
    """平静多少秒后视为已补齐。
    Seconds of calm after which a service is taken to have caught up."""
    hold_deadlines_days: float = Field(default=14.0, ge=0)
    """期限至多为在途消息等候多少天。
    Days for which a deadline waits for messages under way, at the most."""
    link_queue: str = ""
    """设有本省消息队列时：其消费者即与中央之连接的队列，`sihao.up.35`。
    In a province with a broker of its own: the queue whose consumer is the link to the centre, `sihao.up.35`."""
    patience: float = Field(default=120.0, ge=0)
    """消息等候所需之事的秒数（不确认）；逾时转入数据库继续等候。
    Seconds a message may wait for what it needs (`NotYet`) unacknowledged; then it waits in the store."""
    reconcile_every: float = Field(default=10.0, gt=0)
    """与另一方对账，两次查看账目之间的秒数。
    Seconds between two looks at the books kept with the centre, or with provinces (`docs/province-guide.md`)."""
    reconcile_grace: float = Field(default=1800.0, ge=0)
    """一日结束后，省结账前留给在途消息的秒数。
    Seconds after the end of a day that a province leaves to what is on its way, before it closes its books."""
    reconcile_days: int = Field(default=30, ge=1, le=366)
    """已发事实连同原文保存的天数；恢复的数据库也只回溯这么久。
    Days for which sent facts are kept with their bytes, and back to which a restored store looks."""
    archive: bool | None = None
    """是否在消息队列上另存每条事实，供恢复之用；默认仅中央另存。
    Whether to have every fact kept once more on the broker, for restores; by default at the centre."""
    archive_days: int = Field(default=30, ge=1)
    """另存天数。
    Days for which it is kept."""
    archive_bytes: int = Field(default=20_000_000_000, ge=100_000_000)
    """另存所占磁盘的上限（字节）；超出则最早的先删。
    Bytes that it may take on the broker's disk; then the oldest goes first."""
