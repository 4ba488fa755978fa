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
    """Addresses or networks of the proxies whose `X-Forwarded-For` is believed, `10.0.0.0/8,fd00::/8`; empty: none."""
    rate_read: Rate = "1200/minute"
    """What one holder of a token may read."""
    rate_write: Rate = "600/minute"
    """What one holder of a token may do."""
    rate_public_read: Rate = "1200/minute"
    """What one address may read without a token."""
    rate_public_write: Rate = "120/minute"
    """What one address may do without a token: object, have a receipt verified."""
    rate_failed: Rate = "300/minute"
    """Tokens of one address that may fail; good ones are served on."""
    header_seconds: float = Field(default=15.0, gt=0)
    """Seconds a client may take to send a request's line and headers."""
    stall_seconds: float = Field(default=20.0, gt=0)
    """Seconds that a client who sends its body, or reads its answer, may fall behind `min_rate`."""
    min_rate: int = Field(default=5_000, gt=0)
    """Bytes per second that a body must come with, and an answer be read with."""
    request_seconds: float = Field(default=60.0, gt=0)
    """Seconds of our own until an answer must begin; the client's time to send is not counted."""
    max_connections: int = Field(default=800, ge=1)
    """Open connections; for one more, the one that has been idle longest is closed."""
    max_at_work: int = Field(default=400, ge=1)
    """Requests being answered at the same time."""
    max_bodies: int = Field(default=256 * 1024 * 1024, ge=1)
    """Bytes of all bodies that are in hand at the same time."""


class KeySettings(BaseSettings):
    """With what the service signs, and whose signatures it believes (`docs/trust.md`)."""

    model_config = SettingsConfigDict(env_prefix="SIHAO_", extra="ignore", use_attribute_docstrings=True)

    signing_key: Path | None = None
    """File with the private key that signs what this service announces (Ed25519, PEM); without it nothing is signed."""
    signing_key_id: str | None = Field(default=None, pattern=r"^[A-Za-z0-9._-]{1,100}$")
    """Its id; by default its thumbprint (RFC 7638)."""
    trust: Path | None = None
    """File with the public keys of the centre (JWK Set): what is signed with one of them comes from the centre."""
    evidence_days: int = Field(default=1100, ge=1)
    """Days for which the exact bytes and signatures of provinces' messages are kept."""


class Settings(EdgeSettings, KeySettings):
    """Where a service finds its broker, its store, its token issuer and its clock."""

    amqp_url: SecretStr
    """AMQP URL of the broker, with this service's own user: `amqp://user:secret@host:5672/vhost`."""
    rabbit_api_url: SecretStr | None = None
    """URL of RabbitMQ's management API; with it the start checks that no delivery limit can drop messages."""
    mongo_url: SecretStr
    """MongoDB URL of this service's own store."""
    database: str = Field(min_length=1)
    """Name of this service's database; no other service uses it."""
    oidc_issuer: str
    """Issuer (`iss`) whose bearer tokens are accepted."""
    oidc_jwks_url: str
    """Where the issuer publishes its keys."""
    oidc_audience: str = "sihao"
    """Audience (`aud`) that tokens must name."""
    host: str = "127.0.0.1"
    """Address to listen on."""
    port: int = Field(default=8000, ge=0, le=65535)
    """Port to listen on."""
    public_url: str = ""
    """The address under which people reach this service, for links; empty: relative links."""
    clock_file: Path | None = None
    """Demo and tests only: a file by which the clock is turned. Never set in production."""
    log_level: str = "INFO"
    """Least level that is logged."""

    batch_limit: int = Field(default=200, ge=1, le=2000)
    """Messages decided and committed together, at the most."""
    prefetch: int = Field(default=400, ge=1)
    """Unacknowledged messages the broker may hand to this process."""
    publish_timeout: float = Field(default=10.0, gt=0)
    """Seconds to wait for the broker's confirms of one wave."""
    sweep_every: float = Field(default=2.0, gt=0)
    """Seconds between two sweeps of outboxes and deadlines."""
    sweep_age: float = Field(default=5.0, ge=0)
    """Age in seconds after which an unconfirmed fact is published again."""
    catch_up_rate: float | None = Field(default=None, gt=0)
    """Facts per second at which what has waited is sent out; by default 200 in a province, else no limit."""
    catch_up_late: float = Field(default=300.0, gt=0)
    """Age in seconds beyond which messages that wait are a backlog."""
    catch_up_settle: float = Field(default=10.0, ge=0)
    """Seconds of calm after which a service is taken to have caught up."""
    hold_deadlines_days: float = Field(default=14.0, ge=0)
    """Days for which a deadline waits for messages under way, at the most."""
    link_queue: str = ""
    """In a province with a broker of its own: the queue whose consumer is the link to the centre, `sihao.up.35`."""
    patience: float = Field(default=120.0, ge=0)
    """Seconds a message may wait for what it needs (`NotYet`) unacknowledged; then it waits in the store."""
    archive: bool | None = None
    """Whether to have every fact kept once more on the broker, for restores; by default at the centre."""
    archive_days: int = Field(default=30, ge=1)
    """Days for which it is kept."""
    archive_bytes: int = Field(default=20_000_000_000, ge=100_000_000)
    """Bytes that it may take on the broker's disk; then the oldest goes first."""
