"""Honour lines 称号系列, as data: which federation grants the honour of a line, and what it is called.

`lines.yaml` is the register of them: no round grants the honour of a line that is another federation's, or nobody's.
"""

from collections.abc import Mapping
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from shared.contracts.area import Area
from shared.contracts.text import Text
from shared.runtime.configured import Misconfigured

LINES = Path(__file__).with_name("lines.yaml")


class WrongLines(Misconfigured):
    """A file of honour lines that cannot be used; names the place."""


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
        WrongLines: it cannot be read, or holds something else.
    """
    path = path or LINES
    try:
        written = yaml.safe_load(path.read_text("utf-8"))
        return {str(name): Line.model_validate(line) for name, line in written.items()}
    except ValidationError as error:
        fields = "、".join(sorted({".".join(map(str, one["loc"])) for one in error.errors(include_input=False)}))
        raise _wrong(path, f"缺失或不符：{fields}", f"missing or wrong: {fields}") from error
    except (OSError, UnicodeDecodeError, yaml.YAMLError, AttributeError) as error:
        raise _wrong(path, "无法读取", "cannot be read") from error


def _wrong(path: Path, zh: str, en: str) -> WrongLines:
    form = "shared/lines/lines.yaml"
    return WrongLines(f"SIHAO_LINES {path}: {zh} → 请照 {form} 的格式填写 / {en} → write it like {form}")
