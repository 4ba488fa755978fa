"""The rubrics that come with the platform, and their efforts: files in `rubrics/` and `efforts/`, checked and kept."""

from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from services.scoring.domain.effort import Efforts, load_efforts
from services.scoring.domain.loading import load_rubric
from services.scoring.domain.rubric import Rubric
from shared.contracts.text import text
from shared.kernel.change import Refused
from shared.kernel.problem import Problem

FOLDER = Path(__file__).parent / "rubrics"
"""Where rubric files lie: `<id>.yaml`, beside each one `<id>.parameters.example.yaml`."""
EFFORTS = Path(__file__).parent / "efforts"
"""Where the efforts lie: `<id>.yaml` of the same rubric."""
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The safe loader; the fast one where it is built."""


def rubric_ids() -> list[str]:
    """Ids of the rubrics that come with the platform."""
    return sorted(path.stem for path in FOLDER.glob("*.yaml") if not path.stem.endswith(".parameters.example"))


@cache
def rubric(key: str) -> Rubric:
    """A rubric by id (`sihao-2019`) or by id and version (`sihao-2019@1`).

    Raises:
        Refused: there is no such rubric, or its file is wrong.
    """
    known = rubric_ids()
    found = read_rubric(FOLDER / f"{key.partition('@')[0]}.yaml") if key.partition("@")[0] in known else None
    if found is None or key not in {found.id, found.key}:
        names = ", ".join(known)
        raise Refused(
            Problem(
                code="rubric.unknown",
                field="rubric",
                rule=text(f"没有评分标准 {key}", f"there is no rubric {key}"),
                remedy=text(f"现有：{names}", f"there are: {names}"),
            )
        )
    return found


def read_rubric(path: Path) -> Rubric:
    """A rubric from any file.

    Raises:
        Refused: the file cannot be read, or is wrong; every place is named.
    """
    return load_rubric(read_yaml(path))


@cache
def efforts_of(key: str) -> Efforts:
    """The efforts of a rubric.

    Raises:
        Refused: there is no such rubric, it has no efforts, or their file is wrong.
    """
    known = rubric(key)
    return load_efforts(read_yaml(EFFORTS / f"{known.id}.yaml"), known)


def example_parameters(key: str) -> dict[str, Any]:
    """Example values for a rubric's parameters: ours, for trying out; no round takes them silently."""
    return dict(read_yaml(FOLDER / f"{key.partition('@')[0]}.parameters.example.yaml")["parameters"])


def read_yaml(path: Path) -> Any:
    """The data of a YAML or JSON file.

    Raises:
        Refused: there is no such file, or it is not YAML.
    """
    try:
        return _plain(yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER))  # noqa: S506 - one of the safe loaders
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(
            Problem(
                code="file.unreadable",
                field=str(path),
                rule=text(f"文件无法读取：{error}", f"the file cannot be read: {error}"),
                remedy=text("检查路径；文件须为 UTF-8", "check the path; the file must be UTF-8"),
            )
        ) from error
    except yaml.YAMLError as error:
        place = getattr(error, "problem_mark", None)
        where = f"{path}:{place.line + 1}:{place.column + 1}" if place else str(path)
        raise Refused(
            Problem(
                code="file.invalid",
                field=where,
                rule=text("不是正确的 YAML 或 JSON", "this is not correct YAML or JSON"),
                remedy=text("更正该行的缩进、引号或标点", "correct indentation, quotes or punctuation on that line"),
            )
        ) from error


def _plain(data: Any) -> Any:
    """Dates and numbers with a point as the text they were written as, so that no binary float enters."""
    if isinstance(data, dict):
        return {key: _plain(value) for key, value in data.items()}
    if isinstance(data, list):
        return [_plain(value) for value in data]
    return str(data) if isinstance(data, date | float) else data
