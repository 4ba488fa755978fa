"""What every kind of rule that gives points has in common."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import Annotated

from pydantic import BaseModel, ConfigDict
from pydantic import Field as Setting

from services.scoring.domain.case import Case, Need
from services.scoring.domain.fields import Value
from services.scoring.domain.figure import Figure, Terms
from shared.contracts.text import Text

Reference = Annotated[str, Setting(pattern=r"^\$[a-z][a-z0-9_]*$")]
"""`$name` of a round parameter."""
Whole = Annotated[int, Setting(ge=1)] | Reference
"""A whole number, or the round parameter that gives it."""
Percentage = Annotated[int, Setting(ge=1, le=100)] | Reference
"""1…100, or the round parameter that gives it."""
Changes = Mapping[str, Value]
"""Field of an item → the value it would have to have."""


class Rule(BaseModel, ABC):
    """One rule of an item. Subclasses say how a share of its points is found, and how that reads."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    share: int = Setting(default=100, ge=1, le=100)
    """Percent of the item's points that this rule gives; the shares of an item add up to 100."""

    @abstractmethod
    def words(self, case: Case) -> Text:
        """The rule in words."""

    @abstractmethod
    def figure(self, terms: Terms) -> Figure:
        """The function that finds its share in a row of facts."""

    @abstractmethod
    def reason(self, case: Case) -> Text:
        """What it finds, in words."""

    @abstractmethod
    def fulfil(self, case: Case) -> Changes | None:
        """The facts that would earn all of it, as near to those given as may be; None if no facts can."""

    @abstractmethod
    def needs(self) -> Iterator[Need]:
        """The fields and parameters it refers to."""
