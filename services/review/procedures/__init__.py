"""The procedures, one YAML file each, and their reader.

A file that does not fit is refused with its line, the field, the rule and what to do; the service then does not start.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from services.review.domain.procedure import Procedure
from shared.kernel.problem import Problem, problem
from shared.runtime.configured import Misconfigured
from shared.runtime.sentences import translate

HERE = Path(__file__).parent


class WrongProcedure(Misconfigured):
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
    try:
        source = path.read_text(encoding="utf-8-sig")
        tree = yaml.compose(source, yaml.SafeLoader)
        content = yaml.safe_load(source)
    except UnicodeDecodeError as error:
        raise WrongProcedure(_not_utf8(path.name)) from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise WrongProcedure(_not_yaml(f"{path.name}:{mark.line + 1 if mark else 1}", error)) from error
    if twice := list(_twice(tree)):
        raise WrongProcedure(*(_said_twice(f"{path.name}:{line} {key}", key) for key, line in twice))
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


def _twice(node: yaml.Node | None) -> Iterator[tuple[str, int]]:
    """Keys that stand twice in one place, with the line of the second: YAML would silently take that one."""
    if isinstance(node, yaml.MappingNode):
        known: set[str] = set()
        for key, value in node.value:
            if key.value in known:
                yield key.value, key.start_mark.line + 1
            known.add(key.value)
            yield from _twice(value)
    elif isinstance(node, yaml.SequenceNode):
        for member in node.value:
            yield from _twice(member)


def _path(location: Sequence[str | int]) -> str:
    return ".".join(str(step) for step in location) or "(file)"


def _said_twice(place: str, key: str) -> Problem:
    return problem(
        "procedure.key-twice",
        place,
        rule=(f"{key} 在同一处写了两次。", f"{key} is said twice in one place."),
        remedy=("请只保留一处。", "Keep one of them."),
    )


def _not_utf8(name: str) -> Problem:
    return problem(
        "procedure.not-utf8",
        f"{name}:1",
        rule=("文件不是 UTF-8 编码。", "The file is not in UTF-8."),
        remedy=("请在编辑器中另存为 UTF-8。", "Save it as UTF-8 in your editor."),
    )


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
