"""The HTTP interfaces of the services, as OpenAPI 3.1."""

from collections.abc import Iterable
from pathlib import Path

from dev.generated.schemas import as_json
from dev.generated.services import Described

PLACE = Path("docs/openapi")


def documents(services: Iterable[Described]) -> dict[Path, str]:
    """One file per service; a province's review has the centre's interface."""
    return {PLACE / f"{service.name}.json": as_json(service.app.openapi()) for service in services}
