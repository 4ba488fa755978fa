"""The handler table: a service's table of contents. Which event changes which kind of document, by which decider."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

from shared.contracts.area import routing_words
from shared.contracts.event import Event
from shared.kernel.change import Decider
from shared.kernel.state import State
from shared.runtime.kinds import Kind

E = TypeVar("E", bound=Event)
S = TypeVar("S", bound=State)


class Delivery(NamedTuple):
    """What travels beside the body of an event."""

    id: str
    """Id of the event."""
    source: str
    """Service that announced it."""
    time: datetime
    """When it happened, by the announcing service's platform clock."""


class Target(NamedTuple):
    """A document that an event concerns, and what its decider is given."""

    key: str
    message: Any


Route = Callable[[Any, Delivery], Awaitable[Sequence[Target]]]


@dataclass(frozen=True)
class Reaction:
    """What one event does to one kind of document."""

    kind: Kind[Any]
    decide: Decider[Any, Any]
    route: Route
    """Finds the documents; may read the service's own store, and raise NotYet."""


@dataclass
class Subscription:
    """One queue: one event, for one service (and jurisdiction), with everything it does there."""

    event: type[Event]
    queue: str
    bindings: tuple[str, ...]
    reactions: list[Reaction] = field(default_factory=list)


class HandlerTable:
    """The events a service hears. One queue per (service[, scope], event), so that one poison type blocks no other."""

    def __init__(self, service: str, *, scope: str = "", areas: Sequence[str] = ()) -> None:
        """A table for `service`; `scope` and `areas` give a jurisdiction its own queues, bound to its areas only."""
        self.service = service
        self.scope = scope
        self._areas = tuple(areas)
        self._subscriptions: dict[str, Subscription] = {}

    def on(
        self,
        event: type[E],
        kind: Kind[S],
        *,
        decide: Decider[S, Any],
        key: Callable[[E], str | Sequence[str]] | None = None,
        targets: Callable[[E], Awaitable[Sequence[Target]]] | None = None,
        targets_with_delivery: Callable[[E, Delivery], Awaitable[Sequence[Target]]] | None = None,
        areas: Sequence[str] | None = None,
        exactly: Sequence[str] = (),
    ) -> None:
        """When `event` is heard, `decide` changes the documents of `kind` that `key` or `targets` names.

        Args:
            event: The contract.
            kind: What it changes.
            decide: How.
            key: The key, or keys, read off the event; the decider is given the event itself.
            targets: Where the decider needs more than the event.
            targets_with_delivery: The same, where it also needs the event's id or time.
            areas: Binds the queue to these areas instead of the table's; empty means everywhere.
            exactly: Areas of which only what is said of themselves is heard, not of what lies in them.
        """
        subscription = self._subscriptions.get(event.wire())
        if subscription is None:
            bound = self._areas if areas is None else tuple(areas)
            name = ".".join(part for part in (self.service, event.wire(), self.scope) if part)
            inside = (_binding(event, area) for area in bound or ("",))
            own = (f"{event.wire()}.{routing_words(area)}" for area in exactly)
            subscription = Subscription(event, name, (*inside, *own))
            self._subscriptions[event.wire()] = subscription
        subscription.reactions.append(Reaction(kind, decide, _route(key, targets, targets_with_delivery)))

    def __iter__(self) -> Iterator[Subscription]:
        return iter(self._subscriptions.values())


def _binding(event: type[Event], area: str) -> str:
    """`application.scored.v1.35.#`: the area and everything in it; without an area, everywhere."""
    return f"{event.wire()}.{routing_words(area)}.#" if area else f"{event.wire()}.#"


def _route(
    key: Callable[[Any], str | Sequence[str]] | None,
    targets: Callable[[Any], Awaitable[Sequence[Target]]] | None,
    targets_with_delivery: Route | None,
) -> Route:
    if targets_with_delivery is not None:
        return targets_with_delivery
    if targets is not None:
        found = targets

        async def by_targets(event: Any, _: Delivery) -> Sequence[Target]:
            return await found(event)

        return by_targets
    if key is None:
        raise TypeError("a reaction needs key=, targets= or targets_with_delivery=")
    named = key

    async def by_key(event: Any, _: Delivery) -> Sequence[Target]:
        keys = named(event)
        return [Target(k, event) for k in ([keys] if isinstance(keys, str) else keys)]

    return by_key
