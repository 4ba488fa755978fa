"""What a service of the centre may do on the broker: its own queues, its own events, and what all share.

It declares the topology itself, so it may configure the common exchanges; who may do so may also delete them.
A province never may (`sihao.province.rights`).
"""

import re

from shared.contracts import EVENTS
from shared.runtime import topology
from sihao.rabbit_api import Rights, TopicPermission

SERVICES = ("intake", "scoring", "review", "notify")
EXCHANGE = topology.EVENTS.name


def rights_of(service: str) -> Rights:
    """The rights of one service."""
    own = rf"^(sihao\.(events|dead|archive)|(dead\.)?{service}(\..*)?)$"
    topics = {EXCHANGE: TopicPermission(write=may_announce(service), read=".*")}
    return Rights(configure=own, write=own, read=own, topics=topics)


def may_announce(service: str) -> str:
    """Routing keys of the service's own events."""
    own = (name for name, event in EVENTS.items() if event.source == service or event.by_any_service)
    return rf"^({'|'.join(map(re.escape, own))})\..+$"
