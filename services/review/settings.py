"""The settings of a review deployment."""

from typing import Annotated

from pydantic import AfterValidator, Field

from shared.contracts.area import CENTRE, parse_area
from shared.runtime.settings import Settings

_PROVINCE_DIGITS = 2


def _areas(written: str) -> str:
    areas = [parse_area(area.strip()) for area in written.split(",")]
    for area in areas:
        if area != CENTRE and len(area) != _PROVINCE_DIGITS:
            raise ValueError(f"审核服务以省为单位，{area} 不是省级代码 / review serves provinces; {area} is not one")
    if len(set(areas)) < len(areas):
        raise ValueError("地区重复 / an area is named twice")
    return ",".join(areas)


class ReviewSettings(Settings):
    """Whose review this deployment is."""

    areas: Annotated[str, AfterValidator(_areas)] = Field(examples=["35", "CN,33,43"])
    """The jurisdictions it serves, by comma: a province, or `CN` and the provinces the centre hosts."""

    export_rows: int = Field(default=200_000, ge=1, le=1_000_000)
    """Cases that one export may hold; a sheet ends at 1,048,576 rows."""
    export_every: float = Field(default=1.0, gt=0)
    """Seconds between two looks for exports that wait."""

    @property
    def jurisdictions(self) -> tuple[str, ...]:
        """The jurisdictions, one by one."""
        return tuple(self.areas.split(","))

    @property
    def scope(self) -> str:
        """The name of its queues: the centre's stay its own when it hosts other provinces."""
        return CENTRE if CENTRE in self.jurisdictions else "-".join(sorted(self.jurisdictions))
