"""Who is compared: processes to start, what they are told, and how messages reach the first of them."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.addresses import Addresses
from bench.stages import PROVINCE, STAGES
from dev.ports import LOOPBACK, free_port
from dev.runs import LOCAL

PEERS_PYTHON = LOCAL / "peers" / "bin" / "python"
"""The interpreter that has the peers' packages; `make bench` makes it."""


@dataclass(frozen=True)
class Started:
    """One process."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    ready_url: str | None = None


@dataclass(frozen=True)
class Contender:
    """One way to take the three steps."""

    name: str
    title: str
    """For the table."""
    module: str = ""
    """The module of a peer."""
    deciders: bool = True
    telemetry: str = ""
    """For the platform: `off` no spans at all, `` made and not exported, `on` exported and metrics scraped."""
    python: str = sys.executable

    @property
    def is_platform(self) -> bool:
        """Whether it is the platform itself."""
        return self.name.startswith("sihao")

    @property
    def is_floor(self) -> bool:
        """Whether it is the floor, with or without deciders."""
        return self.name.startswith("floor")

    @property
    def is_peer(self) -> bool:
        """Whether messages reach it in a form of its own."""
        return bool(self.module)

    def processes(self, addresses: Addresses, seed: int, telemetry_url: str = "") -> list[Started]:
        """The processes of the three stages, in order."""
        if self.is_platform:
            return [self._service(name, addresses, telemetry_url) for name in STAGES]
        environment = addresses.environment()
        if self.is_floor:
            flag = "--deciders" if self.deciders else "--no-deciders"
            command = [self.python, "-m", "bench.floor", "--seed", str(seed), flag]
            return [Started(name, [*command, name], environment) for name in STAGES]
        return [
            Started(name, [self.python, "-m", self.module, name], {**environment, "BENCH_STAGE": name})
            for name in STAGES
        ]

    def _service(self, name: str, addresses: Addresses, telemetry_url: str) -> Started:
        url = f"http://{LOOPBACK}:{free_port()}"
        telemetry = {
            "off": {"OTEL_SDK_DISABLED": "true"},
            "on": {"OTEL_EXPORTER_OTLP_ENDPOINT": telemetry_url},
        }
        environment = {
            "SIHAO_AMQP_URL": addresses.amqp_url,
            "SIHAO_MONGO_URL": addresses.mongo_url,
            "SIHAO_DATABASE": addresses.database(name),
            "SIHAO_RABBIT_API_URL": "",
            "SIHAO_OIDC_ISSUER": "http://127.0.0.1/",
            "SIHAO_OIDC_JWKS_URL": "http://127.0.0.1/jwks.json",
            "SIHAO_PORT": url.rpartition(":")[2],
            "SIHAO_LOG_LEVEL": "WARNING",
            "SIHAO_AREAS": PROVINCE,
            "SIHAO_SMTP_HOST": LOOPBACK,
            "SIHAO_SMTP_SECURITY": "none",
            "SIHAO_SENDER": "sihao@example.org",
            **telemetry.get(self.telemetry, {}),
        }
        return Started(name, [self.python, "-m", f"services.{name}"], environment, f"{url}/startupz")


CONTENDERS: Mapping[str, Contender] = {
    contender.name: contender
    for contender in (
        Contender(
            "floor",
            "下限：同样的读写，无框架，无判定 / floor: same operations, no framework, no deciders",
            deciders=False,
        ),
        Contender("floor-deciders", "下限加判定 / floor with the deciders"),
        Contender("sihao", "本平台 / this platform"),
        Contender("sihao-no-telemetry", "本平台，无追踪 / without tracing", telemetry="off"),
        Contender(
            "sihao-telemetry", "本平台，追踪与指标全开 / with tracing exported and metrics scraped", telemetry="on"
        ),
        *(
            Contender(name, title, module=f"bench.peers.{module}", python=str(PEERS_PYTHON))
            for name, title, module in (
                ("faststream", "FastStream，按其文档 / as its documentation shows", "faststream_app"),
                ("celery", "Celery", "celery_app"),
                ("dramatiq", "Dramatiq", "dramatiq_app"),
                ("taskiq", "TaskIQ", "taskiq_app"),
            )
        ),
    )
}
"""By name."""


def peers_are_installed(python: Path = PEERS_PYTHON) -> bool:
    """Whether the peers' packages have been installed."""
    return python.exists()
