"""What a province may do on the broker: read its own queues, announce its own events, and nothing else.

Who may configure a thing may delete it. So a province may configure its own queues, which it declares itself, but not
the exchange of all facts. Topic permissions hold on topic exchanges only, so it gets no right on any other common one.
"""

import re
from collections.abc import Iterable, Sequence
from enum import StrEnum

from shared.contracts import CENTRE, above, parse_area, routing_words
from shared.contracts.event import Event
from shared.contracts.provinces import HEARD_OF_THE_CENTRE, PROVINCE_EVENTS
from shared.runtime import topology
from sihao.rabbit_api import NOTHING, Rights, TopicPermission

SERVICE = "review"
"""The service that a province may run itself."""
EXCHANGE = topology.EVENTS.name


def parse_province(written: str) -> str:
    """`35`, from `35`, `3500` or `350000`.

    Raises:
        ValueError: it is the centre, or no province.
    """
    area = parse_area(written.strip())
    if area == CENTRE or len(area) != len("35"):
        raise ValueError(
            f"{written} 不是省级地区代码，应为两位数字，如 35 / {written} is no province; two digits, such as 35"
        )
    return area


def user_of(area: str, vhost: str) -> str:
    """The name of a province's user: `province-35`, in a virtual host with a name `province-35.<vhost>`."""
    return f"province-{area}" if vhost == "/" else f"province-{area}.{vhost}"


def area_of(user: str, vhost: str) -> str | None:
    """Whose user this is; None if it is no province's."""
    found = re.fullmatch(r"province-(\d\d)(?:\.(.+))?", user)
    return found[1] if found and user == user_of(found[1], vhost) else None


class Way(StrEnum):
    """How a province connects."""

    DIRECT = "direct"
    """Its review service speaks to the broker of the centre."""
    LINKED = "linked"
    """It speaks to a broker of the province, from which shovels lead to the centre's and back."""


def rights_of(area: str, way: Way, from_the_centre: Sequence[str]) -> Rights:
    """The rights of a province's user; `from_the_centre` are those of its queues that hear others.

    A shovel reads queues that stand and publishes; it declares and binds nothing.
    """
    topics = {EXCHANGE: TopicPermission(may_announce(area), may_hear(area) if way is Way.DIRECT else NOTHING)}
    if way is Way.LINKED:
        queues = "|".join(map(re.escape, from_the_centre))
        return Rights(NOTHING, rf"^{re.escape(EXCHANGE)}$", rf"^({queues})$", topics)
    name = rf"{SERVICE}\.[a-z.]+\.v\d+\.{area}|{SERVICE}\.stands\.[0-9a-f]+\.{area}|dead\.{SERVICE}\.{area}"
    own, used = rf"^({name})$", rf"^({re.escape(EXCHANGE)}|{name})$"
    return Rights(own, used, used, topics)


def may_announce(area: str) -> str:
    """Routing keys of what a province may write, in its own area."""
    return rf"^({_any_of(PROVINCE_EVENTS)})\.{_words(area)}(\..+)?$"


def may_hear(area: str) -> str:
    """Binding keys: its own area, and of the centre the rounds and the keys; a city also its province's own rounds."""
    own = rf"(({_any_of(HEARD_OF_THE_CENTRE)})\.{CENTRE}|[a-z.]+\.v\d+\.{_words(area)})(\..+)?$"
    between = "|".join(_words(outer) for outer in above(area) if outer != CENTRE)
    return rf"^({own}|round\.opened\.v\d+\.({between})$)" if between else f"^{own}"


def _words(area: str) -> str:
    """The area as it stands in routing keys, for a regular expression."""
    return re.escape(routing_words(area))


def _any_of(events: Iterable[type[Event]]) -> str:
    return "|".join(re.escape(event.wire()) for event in events)
