"""Who may see an application, and what its chamber is answered after an act."""

from typing import Annotated

from services.intake.api import views
from services.intake.domain import refusals
from services.intake.domain.application import Application
from services.intake.store import IntakeStore
from shared.kernel.actor import Actor
from shared.runtime.access import allow, require_area, require_chamber
from shared.runtime.commands import Done

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
    application = await store.application(id_)
    if application is None:
        raise refusals.unknown()
    require_chamber(by, application.chamber.code)
    require_area(by, application.chamber.area)
    return application


async def admitted(store: IntakeStore, id_: str, by: Actor) -> None:
    """Let this actor act on the application, or not.

    Raises:
        NotFound: there is none.
        Forbidden: it is another chamber's, or of another area.
    """
    chamber = await store.applicant(id_)
    if chamber is None:
        raise refusals.unknown()
    require_chamber(by, chamber.code)
    require_area(by, chamber.area)


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
