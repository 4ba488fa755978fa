"""Honour lines 称号系列, as data: which federation grants the honour of a line, and what it is called.

`lines.yaml` is the register of them: no round grants the honour of a line that is another federation's, or nobody's.
"""

from collections.abc import Mapping
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict

from shared.contracts.area import Area
from shared.contracts.text import Text

LINES = Path(__file__).with_name("lines.yaml")


class Line(BaseModel):
    """One honour line."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    area: Area
    """The area of the federation that grants it."""
    title: Text
    """What the honour is called on its certificates."""
    granted_by: Text
    """The federation."""


def load(path: Path | None = None) -> Mapping[str, Line]:
    """The lines of a file, by code; by default those that come with the platform.

    Raises:
        OSError: there is no such file.
        ValueError: it holds something else.
    """
    return {
        name: Line.model_validate(line) for name, line in yaml.safe_load((path or LINES).read_text("utf-8")).items()
    }
