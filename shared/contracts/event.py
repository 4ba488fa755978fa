"""What every event is: a fact with a stable wire name, a version, a subject and an area.

The body on the bus is the event and nothing else. Metadata (id, time, source, trace) travels in AMQP properties and
CloudEvents headers, written and read by the runtime.
"""

from abc import abstractmethod
from typing import Annotated, ClassVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from shared.contracts.area import Area, routing_words

Instant = Annotated[AwareDatetime, Field(examples=["2026-11-21T08:00:00Z"])]
"""A point in time with its zone; written in UTC."""
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
"""A SHA-256 in hexadecimal."""
CreditCode = Annotated[str, Field(pattern=r"^[0-9A-HJ-NPQRTUWXY]{18}$")]
"""Unified social credit code 统一社会信用代码, GB 32100-2015."""


class Part(BaseModel):
    """A piece of an event. Unknown fields are ignored, so that a newer producer can be read by an older consumer."""

    model_config = ConfigDict(frozen=True, extra="ignore", use_attribute_docstrings=True)


class Event(Part):
    """A fact that one service announces.

    Inside a version only optional fields may be added; anything else is a new version beside the old one.
    """

    name: ClassVar[str]
    """What happened: `application.submitted`."""
    version: ClassVar[int] = 1
    """The version of the contract."""
    source: ClassVar[str]
    """The service that announces it."""
    by_any_service: ClassVar[bool] = False
    """Whether every service of the centre may announce it; the event itself then says which did (`announced_by`)."""
    may_go_unheard: ClassVar[bool] = False
    """Whether it may be published while no queue is bound for it; otherwise it waits in the outbox for a listener."""

    area: Area
    """The area it concerns; part of the routing key."""

    @classmethod
    def wire(cls) -> str:
        """The name on the wire: `application.submitted.v1`."""
        return f"{cls.name}.v{cls.version}"

    @property
    @abstractmethod
    def subject(self) -> str:
        """The aggregate the fact is about (CloudEvents `subject`)."""

    @property
    def announced_by(self) -> str:
        """The service that announces this one (CloudEvents `source`)."""
        return self.source

    @property
    def routing_key(self) -> str:
        """Wire name and area: `application.submitted.v1.35.02`."""
        return f"{self.wire()}.{routing_words(self.area)}"
