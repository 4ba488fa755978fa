"""The guard: before anything is decided, sees that every message of a batch comes from whom it says.

An area that has a registered key must sign; so must whoever tells of keys. A province that has the centre's keys
(`SIHAO_TRUST`) believes nothing unsigned at all. Whoever signs is held to it everywhere. The keys are read with every
batch from the service's own store, so that all its processes know of a withdrawal at once.

    a signature that is missing, of another form, does not hold, or whose key does not count   refused, and told
    a key that nobody has told of yet                                                          waits for it
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Self

from shared.contracts.area import CENTRE, province_of
from shared.contracts.event import Event
from shared.contracts.trust import KeyRegistered, KeyWithdrawn, MessageRefused
from shared.kernel.actor import Actor
from shared.kernel.keys import RegisteredKey
from shared.kernel.refusal import tell
from shared.runtime import distrust, trust
from shared.runtime.evidence import Evidence, key_of, received
from shared.runtime.message import MAX_BODY, Message, not_believed
from shared.runtime.mongo import Database
from shared.runtime.past import NOW, Past
from shared.runtime.settings import KeySettings
from shared.runtime.signing import Signer
from shared.runtime.trust import NotTrusted
from shared.runtime.trust_file import centre_keys, own_key
from shared.runtime.trusted import KEYS, REFUSALS
from shared.runtime.work import Work

OF_THE_CENTRE: tuple[type[Event], ...] = (KeyRegistered, KeyWithdrawn, MessageRefused)
"""What is believed only with the centre's signature, whether or not others must sign."""
_TOLD = ("refused", "unreadable")
"""Codes of dead letters that are their sender's fault; the guard's own begin with `signature.`."""


class Guard:
    """Stands before the deciders of one service."""

    def __init__(
        self,
        database: Database,
        service: str,
        homes: Collection[str],
        given: Mapping[str, RegisteredKey],
        *,
        evidence_days: int,
    ) -> None:
        """`homes` are the areas whose service this is; `given` the keys that are trusted from the start."""
        self._database = database
        self._service = service
        self._homes = frozenset(homes)
        self._given = given
        self._at_centre = CENTRE in self._homes
        self.evidence = Evidence(database, days=evidence_days)

    @classmethod
    def load(
        cls, settings: KeySettings, signer: Signer | None, database: Database, service: str, scope: str
    ) -> Self | None:
        """The guard that the settings ask for, if any.

        The centre's services trust what they sign with themselves; a province needs the centre's keys.

        Raises:
            WrongKeyFile: the file of keys cannot be read, or holds something else.
        """
        homes = scope.split("-") if scope else [CENTRE]
        given = dict(centre_keys(settings.trust)) if settings.trust else {}
        if not given and not (signer and CENTRE in homes):
            return None
        if signer:
            given.setdefault(signer.kid, own_key(signer, homes[0]))
        return cls(database, service, homes, given, evidence_days=settings.evidence_days)

    def of_the_centre(self) -> Sequence[RegisteredKey]:
        """The centre's keys, as far as they were given."""
        return [key for key in self._given.values() if key.area == CENTRE]

    async def prepare(self) -> None:
        """Create the indexes; repeating it changes nothing."""
        await self.evidence.prepare()

    async def examine(self, batch: Sequence[Message]) -> None:
        """Put aside what is not believed, and have wait what cannot be told yet.

        Raises:
            StoreError: the store is away; the whole batch waits.
        """
        kids, areas = set[str](), set[str]()
        for message in batch:
            message.signed = None
            if message.event is not None:
                areas.add(province_of(message.event.area))
            if message.envelope.signature is not None:
                try:
                    kids.add(trust.kid_of(message.envelope.signature))
                except NotTrusted:
                    continue  # told below, beside whatever else is wrong
        known = await self._known(kids, areas)
        for message in batch:
            self._judge(message, known, message.past or NOW)
        await self._see_repeats([m for m in batch if self._is_foreign(m) and m.dead is None])

    async def _known(self, kids: Collection[str], areas: Collection[str]) -> dict[str, RegisteredKey]:
        """These keys and those of these areas; the register overrules what was given."""
        where = {"$or": [{"_id": {"$in": sorted(kids)}}, {"state.area": {"$in": sorted(areas)}}]}
        registered = dict(await self._database.find(KEYS, where)) if kids or areas else {}
        return {**self._given, **registered}

    def _judge(self, message: Message, keys: Mapping[str, RegisteredKey], past: Past) -> None:
        if message.envelope.signature is None and not self._must_sign(message, keys, past):
            return
        if len(message.raw.body) > MAX_BODY:  # refused for that, and not worth the hashing
            return
        then = keys if past is NOW else {kid: past.as_of(key) for kid, key in keys.items()}
        try:
            message.signed = trust.verify(message.raw.body, message.envelope, then)
            if message.event is not None:
                trust.allow(message.signed, message.event)
        except NotTrusted as refusal:
            message.signed = None
            if message.dead is not None:  # it could not be read: that is reason enough
                return
            if refusal.code == "signature.unknown-key":
                message.missing = f"key.registered {str(refusal.kid)[:100]}"
            else:
                message.dead = not_believed(message, refusal)
                message.refusal = refusal

    def _must_sign(self, message: Message, keys: Mapping[str, RegisteredKey], past: Past) -> bool:
        """Whether it must be signed; what cannot be read is refused for that."""
        if message.event is None:
            return False
        if isinstance(message.event, OF_THE_CENTRE) or not self._at_centre:
            return True
        area = province_of(message.event.area)
        return any(
            key.area == area and key is not self._given.get(kid) and kid not in past.unregistered
            for kid, key in keys.items()
        )

    def _is_foreign(self, message: Message) -> bool:
        """Whether another area's key signed it: a province's at the centre, the centre's at a province."""
        return message.signed is not None and message.signed.area not in self._homes

    def is_own(self, message: Message) -> bool:
        """Whether it bears a signature of our own area."""
        return message.signed is not None and message.signed.area in self._homes

    async def _see_repeats(self, batch: Sequence[Message]) -> None:
        """Put aside what uses an id of its sender again, for other content."""
        keys = {id(m): key_of(m.signed.area, m.envelope.id) for m in batch if m.signed}
        contents = dict(await self.evidence.contents(set(keys.values())))
        for message in batch:
            if message.signed and contents.setdefault(keys[id(message)], message.content) != message.content:
                message.refusal = NotTrusted(distrust.used_before(), kid=message.signed.kid, area=message.signed.area)
                message.dead = not_believed(message, message.refusal)

    async def keep(self, done: Sequence[Message]) -> None:
        """Keep the bytes and signatures of what was accepted from another area."""
        await self.evidence.keep(
            [
                received(m.signed, m.envelope, m.raw.body, m.event.subject)
                for m in done
                if m.signed and m.event and m.dead is None and self._is_foreign(m)
            ]
        )

    def told(self, done: Sequence[Message]) -> list[Work]:
        """What is to be announced of those that were put aside: to their senders, by the centre, never of such news."""
        if not self._at_centre:
            return []
        return [work for message in done if (work := self._tell(message))]

    def _tell(self, message: Message) -> Work | None:
        letter, event = message.dead, message.event
        if letter is None or isinstance(event, OF_THE_CENTRE):
            return None
        if message.refusal is not None:
            area = message.refusal.area or (province_of(event.area) if event else None)
        else:
            area = message.signed.area if message.signed and letter.code in _TOLD else None
        if area is None or (area in self._homes and message.refusal is None):
            return None
        first = letter.problems[0] if letter.problems else None
        fact = MessageRefused.model_validate(
            {
                "area": area,
                "letter": letter.id,
                "by": self._service,
                "message_id": message.envelope.id[:200],
                "event": message.label,
                "kid": message.refusal.kid if message.refusal else message.signed.kid if message.signed else None,
                "code": first.code if first else letter.code,
                "rule": letter.reason,
                "remedy": first.remedy if first else distrust.LOOK_AGAIN,
            }
        )
        return Work(
            kind=REFUSALS,
            key=letter.id,
            message=fact,
            decide=tell,
            what="refuse",
            by=Actor(id=self._service, role="service"),
            cause=f"refused {letter.id}",
            content=message.content,
            trace=message.trace,
        )
