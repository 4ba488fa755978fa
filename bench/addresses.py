"""Where a contender's processes find the broker and the store of their run."""

import os
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Addresses:
    """Addresses of one run."""

    amqp_url: str
    mongo_url: str
    prefix: str
    """What its databases' names begin with."""

    @classmethod
    def given(cls, environment: Mapping[str, str] = os.environ) -> "Addresses":
        """As the process was told."""
        return cls(environment["BENCH_AMQP_URL"], environment["BENCH_MONGO_URL"], environment["BENCH_PREFIX"])

    def environment(self) -> dict[str, str]:
        """What a process is told."""
        return {"BENCH_AMQP_URL": self.amqp_url, "BENCH_MONGO_URL": self.mongo_url, "BENCH_PREFIX": self.prefix}

    def database(self, service: str) -> str:
        """The name of a service's database."""
        return f"{self.prefix}_{service}"
