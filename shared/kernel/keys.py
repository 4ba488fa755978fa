"""The register of keys: whose key counts for which area, from when to when, and which was withdrawn.

The centre keeps it; every service that hears a province keeps a copy by what it is told. A key that expires counts on
for what happened before; one that is withdrawn, because it may be in other hands, counts for nothing that arrives from
then on.
"""

from datetime import datetime

from shared.contracts.area import Area
from shared.contracts.event import Instant
from shared.contracts.trust import KeyRegistered, KeyWithdrawn, PublicKey
from shared.kernel.change import Change, NotYet, Refused
from shared.kernel.command import Command, missing, refused
from shared.kernel.state import State


class RegisteredKey(State):
    """One key."""

    kid: str
    """Its id."""
    area: Area
    """For which area it counts; `CN`: what is signed with it comes from the centre."""
    jwk: PublicKey
    """The key."""
    valid_from: Instant
    """What happened before this is not signed with it."""
    valid_to: Instant | None
    """… nor what happened from here on."""
    registered_at: Instant
    """When it was registered."""
    reason: str
    """Why."""
    withdrawn_at: Instant | None = None
    """When it was withdrawn."""
    withdrawn_because: str | None = None
    """Why."""

    def covers(self, instant: datetime) -> bool:
        """Whether this instant lies within its time."""
        return self.valid_from <= instant and (self.valid_to is None or instant < self.valid_to)


class Register(Command):
    """A key is to count for an area."""

    kid: str
    area: Area
    jwk: PublicKey
    valid_from: Instant | None
    """None: from now on."""
    valid_to: Instant | None
    reason: str


class Withdraw(Command):
    """A key is not to count any more."""

    kid: str
    area: Area
    reason: str


def register(state: RegisteredKey | None, command: Register, now: datetime) -> Change[RegisteredKey]:
    """Enter a key.

    Raises:
        Refused: it is known already, or its time ends before it begins.
    """
    if state is not None:
        raise _known(state)
    valid_from = command.valid_from or now
    if command.valid_to is not None and command.valid_to <= max(valid_from, now):
        raise refused(
            "key.never-valid",
            "valid_to",
            rule=("密钥的有效期须晚于起始时间和现在。", "A key's time must end after it begins, and after now."),
            remedy=("请改 valid_to，或留空表示不限。", "Change valid_to, or leave it out for no end."),
        )
    fact = KeyRegistered(
        area=command.area,
        kid=command.kid,
        jwk=command.jwk,
        valid_from=valid_from,
        valid_to=command.valid_to,
        registered_at=now,
        reason=command.reason,
    )
    return Change(_entered(fact), (fact,))


def withdraw(state: RegisteredKey | None, command: Withdraw, now: datetime) -> Change[RegisteredKey] | None:
    """Withdraw a key; a second time changes nothing.

    Raises:
        NotFound: this area has no such key.
    """
    if state is None or state.area != command.area:
        raise missing("keys", command.kid, "密钥", "key")
    if state.withdrawn_at is not None:
        return None
    fact = KeyWithdrawn(area=state.area, kid=state.kid, withdrawn_at=now, reason=command.reason)
    return Change(_withdrawn(state, fact), (fact,))


def hear_registered(state: RegisteredKey | None, event: KeyRegistered, _: datetime) -> Change[RegisteredKey] | None:
    """What the centre says of a key; nothing new where the register itself is kept."""
    return Change(_entered(event)) if state is None else None


def hear_withdrawn(state: RegisteredKey | None, event: KeyWithdrawn, _: datetime) -> Change[RegisteredKey] | None:
    """A key does not count any more.

    Raises:
        NotYet: the key itself has not been heard of.
    """
    if state is None:
        raise NotYet(f"key.registered {event.kid}")
    return Change(_withdrawn(state, event)) if state.withdrawn_at is None else None


def _entered(event: KeyRegistered) -> RegisteredKey:
    return RegisteredKey(
        kid=event.kid,
        area=event.area,
        jwk=event.jwk,
        valid_from=event.valid_from,
        valid_to=event.valid_to,
        registered_at=event.registered_at,
        reason=event.reason,
    )


def _withdrawn(state: RegisteredKey, event: KeyWithdrawn) -> RegisteredKey:
    return state.but(withdrawn_at=event.withdrawn_at, withdrawn_because=event.reason)


def _known(state: RegisteredKey) -> Refused:
    gone = state.withdrawn_at is not None
    return refused(
        "key.withdrawn" if gone else "key.known",
        "jwk",
        rule=(
            f"密钥 {state.kid} 已在 {state.area} 登记{'并撤销' if gone else ''}。",
            f"Key {state.kid} was registered for {state.area} already{', and withdrawn' if gone else ''}.",
        ),
        remedy=(
            "请生成并登记新的密钥；新旧密钥可同时有效。",
            "Make and register a new one; both may be valid at the same time.",
        ),
    )
