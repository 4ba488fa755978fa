"""One message on its way through the lane: what it says, whom it concerns, and how it came out."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

from aiormq.abc import DeliveredMessage
from opentelemetry.trace import INVALID_SPAN, Span, SpanKind, Status, StatusCode, Tracer, use_span
from pamqp.commands import Basic
from pamqp.header import ContentHeader
from pydantic import ValidationError

from shared.contracts.event import Event
from shared.contracts.text import Text, text
from shared.contracts.trust import MessageRefused
from shared.kernel.actor import Actor
from shared.kernel.change import NotYet, Refused
from shared.kernel.problem import Problem
from shared.runtime import baggage, telemetry
from shared.runtime.dead import WAITED, DeadLetter, letter_id, properties_of
from shared.runtime.envelope import Envelope, read
from shared.runtime.handlers import Delivery, Subscription, Target
from shared.runtime.logs import get_logger
from shared.runtime.mongo import StoreError
from shared.runtime.past import Past
from shared.runtime.trust import NotTrusted, Signed
from shared.runtime.work import Applied, Fenced, Outcome, Rejected, Unchanged, Waiting, Work

log = get_logger(__name__)

MAX_BODY = 8_000_000
"""Bytes of a message that are read at all: parsing holds up everything else in the process."""
_TOLD = 20
"""Wrong fields that a dead letter tells of."""


@dataclass
class Message:
    """A delivery: raw, then read, then routed, then decided."""

    queue: str
    subscription: Subscription | None
    """What hears it; None for the service's dead-letter queue."""
    raw: DeliveredMessage
    event: Event | None = None
    missing: str | None = None
    """What it still waits for."""
    fenced: bool = False
    """Whether it waits because its document is being handed over."""
    dead: DeadLetter | None = None
    """Why it is put aside, once that is known."""
    outcomes: list[Outcome] = field(default_factory=list)
    signed: Signed | None = None
    """Who signed it, once that has been verified."""
    refusal: NotTrusted | None = None
    """Why it is not believed."""
    past: Past | None = None
    """Its place in the archive, if that is where it comes from."""
    _trace: dict[str, str] = field(default_factory=dict)
    _span: Span = INVALID_SPAN
    _tries: int = 0
    _envelope: Envelope | None = None

    @property
    def tag(self) -> int:
        """The delivery tag."""
        return int(self.raw.delivery_tag or 0)

    @property
    def envelope(self) -> Envelope:
        """Its metadata."""
        if self._envelope is None:
            properties = self.raw.header.properties
            self._envelope = read(
                self.raw.body,
                properties.headers or {},
                message_id=properties.message_id,
                message_type=properties.message_type,
                app_id=properties.app_id,
                timestamp=properties.timestamp,
            )
        return self._envelope

    @property
    def content(self) -> str:
        """SHA-256 of its body."""
        return self.envelope.content

    @property
    def trace(self) -> dict[str, str]:
        """W3C headers of its span, with what it is about."""
        return {**self._trace, **baggage.written(self.about)}

    @property
    def about(self) -> baggage.About:
        """What it is about: what it says itself, and what it inherits from its cause."""
        inherited = baggage.read(self.envelope.trace)
        return inherited if self.event is None else baggage.about(self.event, inherited)

    @property
    def span(self) -> Span:
        """The span in which it is handled."""
        return self._span

    @property
    def label(self) -> str:
        """The event's wire name, for metrics and the history."""
        return self.subscription.event.wire() if self.subscription else self.queue

    def begin(self, tracer: Tracer) -> None:
        """Begin the span in which it is handled, a child of the sender's; every further try is a span of its own.

        It is not the current span while its batch is at work, since a batch has many.
        """
        self._tries += 1
        self._span = tracer.start_span(
            f"process {self.label}",
            context=telemetry.context_from(self.envelope.trace),
            kind=SpanKind.CONSUMER,
            attributes={
                "messaging.system": "rabbitmq",
                "messaging.operation.type": "process",
                "messaging.destination.name": self.queue,
                "messaging.message.id": self.envelope.id,
                "messaging.rabbitmq.destination.routing_key": self.raw.routing_key or "",
                "sihao.try": self._tries,
                "sihao.redelivered": bool(self.raw.redelivered),
            },
        )
        self._trace = telemetry.inject_headers(self._span)

    def end(self) -> None:
        """End its span, with what it is about and how it came out."""
        self._span.set_attributes({**baggage.attributes(self.about), "sihao.outcome": self.outcome})
        if self.dead is not None:
            self._span.set_status(Status(StatusCode.ERROR, self.dead.reason.en))
        elif self.missing is not None:
            self._span.add_event("held", {"missing": self.missing})
        self._span.end()

    def read(self) -> None:
        """Read the body by its contract; what cannot be read is put aside with the fields at fault."""
        if self.event is not None or self.subscription is None:
            return
        contract = self.subscription.event
        if self.envelope.type not in (None, contract.wire()):
            self.dead = put_aside(
                self,
                "unreadable",
                text(
                    f"队列只接收 {contract.wire()}，收到的类型是 {self.envelope.type}",
                    f"this queue carries {contract.wire()}, the message says {self.envelope.type}",
                ),
            )
            return
        if len(self.raw.body) > MAX_BODY:
            mb = MAX_BODY // 1_000_000
            self.dead = put_aside(self, "unreadable", text(f"消息超过 {mb} MB", f"the message is larger than {mb} MB"))
            return
        try:
            self.event = contract.model_validate_json(self.raw.body)
        except ValidationError as error:
            why = _unreadable(error)
            self.dead = put_aside(
                self,
                "unreadable",
                text(f"消息不符合 {contract.wire()} 的格式：{why}", f"not a valid {contract.wire()}: {why}"),
            )

    def begin_again(self) -> None:
        """Forget how it came out when it was tried before; what put it aside stays."""
        self.missing, self.fenced, self.outcomes = None, False, []

    async def route(self) -> list[Work]:
        """The works it amounts to: one per reaction and document it concerns.

        Raises:
            StoreError: the store is away; the whole batch waits.
        """
        self.begin_again()
        if self.subscription is None or self.event is None:
            return []
        delivery = Delivery(self.envelope.id, self.envelope.source, self.envelope.time)
        works: list[Work] = []
        for reaction in self.subscription.reactions:
            try:
                targets = await reaction.route(self.event, delivery)
            except NotYet as wait:
                self.missing = wait.missing
                continue
            except StoreError:
                raise
            except Refused as refusal:
                self.dead = _refused(self, refusal)
                return []
            except Exception as error:  # one bad message must not stop the batch
                with use_span(self._span):
                    log.exception("routing failed", event_type=self.label)
                self.dead = put_aside(self, "handler-failed", _failure(error))
                return []
            works += [self._work(reaction.kind, reaction.decide, target) for target in targets]
        return works

    def _work(self, kind: Any, decide: Any, target: Target) -> Work:
        return Work(
            kind=kind,
            key=target.key,
            message=target.message,
            decide=decide,
            what=self.label,
            by=Actor(id=self.envelope.source, role="service"),
            cause=self.envelope.id,
            content=self.envelope.content,
            trace=self.trace,
        )

    def take(self, outcomes: list[Outcome]) -> None:
        """How its works came out."""
        self.outcomes = outcomes
        for outcome in outcomes:
            if isinstance(outcome, Rejected):
                self.dead = self.dead or _refused(self, outcome.error)
            elif isinstance(outcome, Waiting):
                self.missing = outcome.missing
                self.fenced = self.fenced or isinstance(outcome, Fenced)
        if isinstance(self.event, MessageRefused) and self.dead is None and self._took_effect:
            self.dead = refused_elsewhere(self, self.event)

    @property
    def _took_effect(self) -> bool:
        return any(isinstance(o, Applied) or (isinstance(o, Unchanged) and o.repeated) for o in self.outcomes)

    @property
    def outcome(self) -> str:
        """How it came out, in a word."""
        if self.dead is not None:
            return "parked"
        if self.missing is not None:
            return "deferred"
        if any(isinstance(o, Applied) for o in self.outcomes):
            return "applied"
        if any(isinstance(o, Unchanged) and o.repeated for o in self.outcomes):
            return "repeated"
        return "ignored"

    def tell(self) -> None:
        """Log that it is put aside, under its own trace."""
        if self.dead is not None:
            with use_span(self._span):
                log.warning("message put aside", event_type=self.label, dead_letter=self.dead.id, code=self.dead.code)


def readmitted(letter: DeadLetter, subscription: Subscription) -> Message:
    """A message that waits in the store, as it was delivered; it has no channel, for nobody acknowledges it again."""
    properties = properties_of(letter)
    deliver = Basic.Deliver(routing_key=letter.routing_key)
    header = ContentHeader(body_size=len(letter.body), properties=properties)
    return Message(letter.queue, subscription, DeliveredMessage(deliver, header, letter.body, cast("Any", None)))


def put_aside(message: Message, code: str, reason: Text, refusal: Refused | None = None) -> DeadLetter:
    """The dead letter of a message."""
    envelope, properties = message.envelope, message.raw.header.properties
    return DeadLetter(
        id=letter_id(message.queue, envelope.id, message.raw.body),
        queue=message.queue,
        routing_key=message.raw.routing_key or "",
        message_id=envelope.id,
        message_type=properties.message_type,
        headers={
            "ce-source": envelope.source,
            "ce-time": envelope.time.isoformat(),
            **{k: str(v) for k, v in (properties.headers or {}).items() if not k.startswith("x-")},
        },
        body=message.raw.body,
        code=code,
        reason=reason,
        problems=refusal.problems if refusal else (),
        at=datetime.now(UTC),
    )


def _refused(message: Message, error: Exception) -> DeadLetter:
    if isinstance(error, Refused):
        zh = "；".join(p.rule.zh for p in error.problems)
        en = "; ".join(p.rule.en for p in error.problems)
        return put_aside(message, "refused", text(zh, en), error)
    return put_aside(message, "handler-failed", _failure(error))


def _failure(error: Exception) -> Text:
    name = type(error).__name__
    return text(
        f"处理程序出错：{name}（详见日志，修复后可重放）",
        f"the handler failed: {name} (see the log; replay when mended)",
    )


def not_believed(message: Message, refusal: NotTrusted) -> DeadLetter:
    """It does not come from whom it says, or may not come from them."""
    return put_aside(message, refusal.code, refusal.problem.rule, Refused(refusal.problem))


def refused_elsewhere(message: Message, event: MessageRefused) -> DeadLetter:
    """A message of ours that another service refused: nothing to replay here, but something to mend."""
    told = text(
        f"{event.by} 拒收了本地区的消息 {event.message_id}（{event.event}）：{event.rule.zh}",
        f"{event.by} refused our message {event.message_id} ({event.event}): {event.rule.en}",
    )
    cause = Problem(code=event.code, field=event.event, rule=event.rule, remedy=event.remedy)
    return put_aside(message, "refused-elsewhere", told, Refused(cause))


def could_not_be_handled(message: Message, error: Exception) -> DeadLetter:
    """Handling it failed in a way that nobody foresaw."""
    return put_aside(message, "handler-failed", _failure(error))


def waited_too_long(message: Message) -> DeadLetter:
    """It waited as long as messages may in the lane for something that did not come; from now on in the store."""
    return put_aside(
        message,
        WAITED,
        text(
            f"等待过久，仍未收到：{message.missing}（收到后自动处理，无须重放）",
            f"waited too long for what did not come: {message.missing} (handled by itself once it comes)",
        ),
    )


def broker_gave_up(message: Message) -> DeadLetter:
    """The broker itself put it aside; back to the queue it came from by replay."""
    deaths = (message.raw.header.properties.headers or {}).get("x-death")
    first: dict[str, Any] = deaths[0] if isinstance(deaths, list) and deaths and isinstance(deaths[0], dict) else {}
    why = str(first.get("reason", "unknown"))
    letter = put_aside(message, "broker-gave-up", text(f"消息队列放弃投递：{why}", f"the broker gave up: {why}"))
    origin = str(first.get("queue", message.queue))
    return DeadLetter(**{**letter.__dict__, "queue": origin, "id": letter_id(origin, letter.message_id, letter.body)})


def _unreadable(error: ValidationError) -> str:
    """A validation error as one line per field, without the values (they may be personal)."""
    wrong = [f"{'.'.join(map(str, e['loc'])) or '(body)'}: {e['msg']}" for e in error.errors(include_input=False)]
    return "; ".join(wrong[:_TOLD] + ([f"… ({len(wrong)})"] if len(wrong) > _TOLD else []))
