"""Applications and parameters as files give them, outside any service: for the command line."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from services.scoring.domain.problems import problems_of
from services.scoring.library import read_yaml
from shared.contracts.chambers import Chamber
from shared.contracts.event import Sha256
from shared.contracts.text import text
from shared.kernel.change import Refused
from shared.kernel.problem import Problem


class _Given(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Profile(Chamber):
    """The chamber as a file gives it: a misspelt property is an error here, not ignored as on the bus."""

    model_config = ConfigDict(extra="forbid")


class File(_Given):
    """A file of evidence."""

    sha256: Sha256
    name: str = ""
    items: tuple[str, ...]


class Application(_Given):
    """One application to be scored."""

    chamber: Profile
    facts: dict[str, Any]
    evidence: tuple[File, ...] = ()
    marks: dict[str, Decimal] = {}
    """Experts' settled marks by item."""
    application: str | None = None
    """Its id, if it has one."""
    digest: Sha256 | None = None
    """The digest that was announced, if it is to be compared."""

    @property
    def profile(self) -> Chamber:
        """The chamber, as everywhere else."""
        return Chamber.model_validate(self.chamber.model_dump())


def application_of(words: str | bytes) -> Application:
    """An application from JSON.

    Raises:
        Refused: it is no JSON, or not of this shape; every place is named.
    """
    try:
        data = json.loads(words, parse_float=str)
    except (ValueError, RecursionError) as error:
        raise Refused(
            Problem(
                code="application.unreadable",
                field="application",
                rule=text(f"不是正确的 JSON：{error}", f"is not correct JSON: {error}"),
                remedy=text("检查编码（UTF-8）和该处的标点", "check encoding (UTF-8) and the place named"),
            )
        ) from error
    try:
        return Application.model_validate(data)
    except ValidationError as error:
        raise Refused(*problems_of(error, data, "application.invalid")) from error


def read_application(path: Path) -> Application:
    """The application of a file.

    Raises:
        Refused: the file cannot be read, or is wrong.
    """
    try:
        return application_of(path.read_bytes())
    except OSError as error:
        raise Refused(
            Problem(
                code="file.unreadable",
                field=str(path),
                rule=text(f"文件无法读取：{error}", f"the file cannot be read: {error}"),
                remedy=text("检查路径与权限", "check path and permissions"),
            )
        ) from error


def read_parameters(path: Path) -> dict[str, Any]:
    """The parameters of a file: the mapping itself, or what stands under `parameters`.

    Raises:
        Refused: the file cannot be read, or holds no mapping.
    """
    data = read_yaml(path)
    given = data.get("parameters", data) if isinstance(data, dict) else None
    if not isinstance(given, dict):
        raise Refused(
            Problem(
                code="parameters.invalid",
                field=str(path),
                rule=text("应为“参数名: 值”", "must map names of parameters to values"),
                remedy=text("以随附的示例参数文件为样板", "follow the example file that comes with the rubric"),
            )
        )
    return given
