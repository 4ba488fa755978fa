"""Who may see an application, and what its chamber is answered after an act."""

from typing import Annotated, TypeVar

from services.intake.api import views
from services.intake.domain import refusals
from services.intake.domain.application import Application, Head, Timeline
from services.intake.store import IntakeStore
from shared.kernel.actor import Actor
from shared.runtime.access import allow, require_area, require_chamber
from shared.runtime.commands import Done

F = TypeVar("F", Application, Head, Timeline)
Secretary = Annotated[Actor, allow(secretary="own chamber")]
"""Who acts for a chamber."""
Reader = Annotated[Actor, allow(secretary="own chamber", officer="own area", operator="any area")]
"""Who may read."""


async def permitted(store: IntakeStore, id_: str, by: Actor) -> Application:
    """The application, if this actor may see it.

    Raises:
        NotFound: there is none.
        Forbidden: it is another chamber's, or of another area.
    """
    return theirs(await store.application(id_), by)


async def admitted(store: IntakeStore, id_: str, by: Actor) -> Head:
    """Whose it is and in which round, if this actor may act on it.

    Raises:
        NotFound: there is none.
        Forbidden: it is another chamber's, or of another area.
    """
    return theirs(await store.head(id_), by)


def theirs(found: F | None, by: Actor) -> F:
    """What was found, if this actor may see it.

    Raises:
        NotFound: nothing was found.
        Forbidden: it is another chamber's, or of another area.
    """
    if found is None:
        raise refusals.unknown()
    require_chamber(by, found.chamber.code)
    require_area(by, found.chamber.area)
    return found


def existing(done: Done[Application]) -> Application:
    """The application after an act.

    Raises:
        NotFound: there is none.
    """
    if done.state is None:
        raise refusals.unknown()
    return done.state


def shown(done: Done[Application]) -> views.ApplicationView:
    """The application after an act, as its chamber sees it."""
    return views.view(existing(done), private=True)
