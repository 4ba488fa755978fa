"""Who acts: a person by role and area, a service, or time."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from shared.contracts.area import Area

Role = Literal["secretary", "officer", "expert", "operator", "public", "service", "clock"]


class Actor(BaseModel):
    """Who did something, as the history records it. The id is the token's subject, never a name."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    id: str
    """The token's subject, the service's name, or `clock`."""
    role: Role
    """In which capacity."""
    area: Area | None = None
    """For officers: the area of their federation."""
    chamber: str | None = None
    """For secretaries: their chamber's credit code."""


CLOCK = Actor(id="clock", role="clock")
"""Time acting on a deadline."""
PUBLIC = Actor(id="public", role="public")
"""Anyone, without a token."""
