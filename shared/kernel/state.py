"""What every aggregate is: plain frozen data that knows its own next deadline."""

from datetime import datetime
from typing import Self

from pydantic import BaseModel, ConfigDict


class State(BaseModel):
    """The state of one aggregate, as it stands in one document.

    Frozen: a decider answers a new state, it never changes the old one. Everything in it serialises to JSON
    (decimals and instants as strings), which is what is stored and hashed.

    A field it does not know is kept as it is: while a new version takes the place of an old one, both write the same
    documents, and the old one must neither refuse nor forget what the new one added (docs/kubernetes.md).
    """

    model_config = ConfigDict(frozen=True, extra="allow", use_attribute_docstrings=True)

    def due(self) -> datetime | None:
        """The next instant at which time itself must act on this aggregate (a deadline), or None."""
        return None

    def but(self, **changes: object) -> Self:
        """The same state with some fields replaced."""
        return self.model_copy(update=changes)
