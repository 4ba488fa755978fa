"""The procedures, one YAML file each, and their reader: the platform's are here, a province's own in a folder of its.

A file that does not fit is refused with its line, the field, the rule and what to do; the service then does not start.
"""

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from services.review.domain.layer import Layer, layered
from services.review.domain.procedure import Procedure
from services.review.procedures import faults
from shared.kernel.problem import Problem
from shared.runtime.configured import Misconfigured
from shared.runtime.sentences import translate

HERE = Path(__file__).parent
M = TypeVar("M", bound=BaseModel)


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
            raise WrongProcedure(faults.id_twice(path.name, procedure.id))
        library[procedure.id] = procedure
    return library


def read(path: Path) -> Procedure:
    """One procedure; one that is a layer (`extends`), with the platform's procedure under it.

    Raises:
        WrongProcedure: the file is not YAML, or does not describe a procedure.
    """
    content, tree = _parsed(path)
    if isinstance(content, dict) and "extends" in content:
        return _laid(path.name, _as(Layer, content, path.name, tree))
    return _as(Procedure, content, path.name, tree)


def library(own: Path | None, jurisdictions: Collection[str]) -> dict[str, Procedure]:
    """Every procedure of a deployment: the platform's, and those in its own folder.

    Raises:
        WrongProcedure: a file is wrong, takes an id of the platform's, or is another jurisdiction's.
    """
    ours = load()
    if own is None:
        return ours
    if not own.is_dir():
        raise WrongProcedure(faults.no_folder(own))
    theirs = load(own)
    for procedure in theirs.values():
        if procedure.id in ours or procedure.area is None:
            raise WrongProcedure(faults.platforms(procedure.id))
        if procedure.area not in jurisdictions:
            raise WrongProcedure(faults.anothers(procedure.id, procedure.area, jurisdictions))
    for place, lies_on in {(p.area, p.extends) for p in theirs.values() if p.extends}:
        if len(same := sorted(p.id for p in theirs.values() if (p.area, p.extends) == (place, lies_on))) > 1:
            raise WrongProcedure(faults.two_layers(same, lies_on or ""))
    return ours | theirs


def _parsed(path: Path) -> tuple[Any, yaml.Node | None]:
    try:
        source = path.read_text(encoding="utf-8-sig")
        tree = yaml.compose(source, yaml.SafeLoader)
        content = yaml.safe_load(source)
    except UnicodeDecodeError as error:
        raise WrongProcedure(faults.not_utf8(path.name)) from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise WrongProcedure(faults.not_yaml(f"{path.name}:{mark.line + 1 if mark else 1}", error)) from error
    if twice := list(_twice(tree)):
        raise WrongProcedure(*(faults.said_twice(f"{path.name}:{line} {key}", key) for key, line in twice))
    return content, tree


def _as(model: type[M], content: Any, name: str, tree: yaml.Node | None) -> M:
    try:
        return model.model_validate(content)
    except ValidationError as error:
        wrong = error.errors()
        raise WrongProcedure(
            *(
                said.model_copy(update={"field": f"{name}:{_line(tree, found['loc'])} {_path(found['loc'])}"})
                for said, found in zip(translate(_in_a_body(wrong)), wrong, strict=True)
            )
        ) from error


def _laid(name: str, layer: Layer) -> Procedure:
    """A layer on the platform's procedure."""
    ours = load()
    if layer.extends not in ours:
        raise WrongProcedure(faults.lies_on_nothing(name, layer.extends, ours))
    try:
        return layered(ours[layer.extends], layer)
    except ValidationError as error:  # its parts are right: what is wrong is the whole
        whole = [str(found["ctx"]["error"]) for found in error.errors()]
        raise WrongProcedure(*(faults.does_not_fit(name, said) for said in whole)) from error
    except ValueError as error:
        raise WrongProcedure(faults.does_not_fit(name, str(error))) from error


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
