"""The procedures, one YAML file each, and their reader.

A file that does not fit is refused with its line, the field, the rule and what to do; the service then does not start.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from services.review.domain.procedure import Procedure
from shared.kernel.problem import Problem, problem
from shared.runtime.sentences import translate

HERE = Path(__file__).parent


class WrongProcedure(Exception):  # noqa: N818 - it names what was found
    """A procedure file that cannot be used, with every place that is wrong."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("\n".join(f"{p.field}: {p.rule} → {p.remedy}" for p in problems))
        self.problems = problems


def load(folder: Path = HERE) -> dict[str, Procedure]:
    """Every procedure in a folder, by id.

    Raises:
        WrongProcedure: a file is wrong, or two have the same id.
    """
    library: dict[str, Procedure] = {}
    for path in sorted(folder.glob("*.yaml")):
        procedure = read(path)
        if procedure.id in library:
            raise WrongProcedure(
                problem(
                    "procedure.id-twice",
                    f"{path.name}:1 id",
                    rule=(f"程序编号 {procedure.id} 已被另一文件使用。", f"Another file has the id {procedure.id}."),
                    remedy=(
                        "新版本请用新的编号，例如 province@2。",
                        "Give a new version a new id, such as province@2.",
                    ),
                )
            )
        library[procedure.id] = procedure
    return library


def read(path: Path) -> Procedure:
    """One procedure.

    Raises:
        WrongProcedure: the file is not YAML, or does not describe a procedure.
    """
    source = path.read_text(encoding="utf-8")
    try:
        tree = yaml.compose(source, yaml.SafeLoader)
        content = yaml.safe_load(source)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise WrongProcedure(_not_yaml(f"{path.name}:{mark.line + 1 if mark else 1}", error)) from error
    try:
        return Procedure.model_validate(content)
    except ValidationError as error:
        wrong = error.errors()
        raise WrongProcedure(
            *(
                said.model_copy(update={"field": f"{path.name}:{_line(tree, found['loc'])} {_path(found['loc'])}"})
                for said, found in zip(translate(_in_a_body(wrong)), wrong, strict=True)
            )
        ) from error


def _in_a_body(errors: Sequence[Any]) -> list[Any]:
    """The errors with locations as a request's body has them, which is how they are translated."""
    return [{**error, "loc": ("body", *error["loc"])} for error in errors]


def _line(node: yaml.Node | None, location: Sequence[str | int]) -> int:
    """The line of the deepest node that a field's location leads to."""
    line = 1
    for step in location:
        if isinstance(node, yaml.MappingNode):
            found = next(((k, v) for k, v in node.value if k.value == step), None)
            if found is None:
                continue
            line, node = found[0].start_mark.line + 1, found[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
            line = node.start_mark.line + 1
    return line


def _path(location: Sequence[str | int]) -> str:
    return ".".join(str(step) for step in location) or "(file)"


def _not_yaml(place: str, error: yaml.YAMLError) -> Problem:
    return problem(
        "procedure.not-yaml",
        place,
        rule=(
            f"不是有效的 YAML：{getattr(error, 'problem', error)}。",
            f"Not valid YAML: {getattr(error, 'problem', error)}.",
        ),
        remedy=("请检查缩进与引号。", "Check indentation and quotes."),
    )
