"""The books of the bus: what was announced for a service's queues, and what its processes say they did with it.

Counters live and die with a process, so they can be held against the bus only while none dies. Every run therefore ends
with a stretch in which nothing is broken and events are still announced, some of them twice; there the two must agree
to the message: applied + repeated + ignored + parked = announced.
"""

import re
from collections import Counter
from typing import NamedTuple

from prometheus_client.parser import text_string_to_metric_families

from chaos.collecting import queues
from chaos.faults.fault import service_of
from chaos.faults.messages import wire_of
from chaos.stage import Stage
from chaos.tap import EXCHANGE, NOT_OURS, Tap

_COUNTER = "sihao_messages_total"
_LATER = "deferred"
"""Not an end: the message is counted again when it is taken up again."""
Account = tuple[str, str]
"""Service, event."""


class Books(NamedTuple):
    """Both sides at one moment."""

    announced: Counter[Account]
    accounted: Counter[Account]

    def since(self, before: "Books") -> dict[Account, tuple[int, int]]:
        """Announced and accounted for between then and now."""
        accounts = self.announced.keys() | self.accounted.keys()
        return {
            one: (self.announced[one] - before.announced[one], self.accounted[one] - before.accounted[one])
            for one in sorted(accounts)
        }


async def books(stage: Stage, tap: Tap) -> Books:
    """As they stand now; to be asked only when nothing is on its way."""
    announced: Counter[Account] = Counter()
    services = {queue["name"] for queue in await queues(stage)} - NOT_OURS
    for binding in await stage.api.get("exchanges", stage.vhost, EXCHANGE, "bindings", "source"):
        queue = binding["destination"]
        if queue in services:
            heard = re.compile(pattern(binding["routing_key"]))
            announced[service_of(queue), wire_of(queue)] += sum(
                count for key, count in tap.by_key.items() if heard.fullmatch(key)
            )
    accounted: Counter[Account] = Counter()
    for replica in stage.all():
        told = (await stage.client.get(f"{replica.url}/metrics")).text
        for family in text_string_to_metric_families(told):
            for sample in family.samples:
                if sample.name == _COUNTER and sample.labels["outcome"] != _LATER:
                    accounted[replica.service, sample.labels["event"]] += int(sample.value)
    return Books(announced, accounted)


def pattern(binding: str) -> str:
    """A binding key of a topic exchange as a regular expression for routing keys."""
    return re.escape(binding).replace(r"\*", r"[^.]+").replace(r"\.\#", r"(\..+)?").replace(r"\#", ".*")
