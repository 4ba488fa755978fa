"""What can be wrong with a procedure file, in words."""

from collections.abc import Collection, Sequence
from pathlib import Path

import yaml

from shared.kernel.problem import Problem, problem


def id_twice(name: str, id_: str) -> Problem:
    """Two files have one id."""
    return problem(
        "procedure.id-twice",
        f"{name}:1 id",
        rule=(f"程序编号 {id_} 已被另一文件使用。", f"Another file has the id {id_}."),
        remedy=("新版本请用新的编号，例如 province@2。", "Give a new version a new id, such as province@2."),
    )


def said_twice(place: str, key: str) -> Problem:
    """A key stands twice in one place."""
    return problem(
        "procedure.key-twice",
        place,
        rule=(f"{key} 在同一处写了两次。", f"{key} is said twice in one place."),
        remedy=("请只保留一处。", "Keep one of them."),
    )


def not_utf8(name: str) -> Problem:
    """Another encoding."""
    return problem(
        "procedure.not-utf8",
        f"{name}:1",
        rule=("文件不是 UTF-8 编码。", "The file is not in UTF-8."),
        remedy=("请在编辑器中另存为 UTF-8。", "Save it as UTF-8 in your editor."),
    )


def not_yaml(place: str, error: yaml.YAMLError) -> Problem:
    """No YAML."""
    return problem(
        "procedure.not-yaml",
        place,
        rule=(
            f"不是有效的 YAML：{getattr(error, 'problem', error)}。",
            f"Not valid YAML: {getattr(error, 'problem', error)}.",
        ),
        remedy=("请检查缩进与引号。", "Check indentation and quotes."),
    )


def no_folder(folder: Path) -> Problem:
    """The folder is not there."""
    return problem(
        "procedure.no-folder",
        "SIHAO_PROCEDURES",
        rule=(f"{folder} 不是目录。", f"{folder} is no folder."),
        remedy=(
            "请核对路径与挂载；没有自有程序则不设此项。",
            "Check path and mount; without own procedures, leave it unset.",
        ),
    )


def platforms(id_: str) -> Problem:
    """An own procedure with an id of the platform's."""
    return problem(
        "procedure.platform",
        id_,
        rule=(
            "自有程序须写明 area，编号以 x-省代码- 开头；平台的程序不能替换。",
            "An own procedure names its area and begins with x-<province>-; those of the platform cannot be replaced.",
        ),
        remedy=("请改用自己的编号，例如 x-35-honour@1。", "Give it an id of your own, such as x-35-honour@1."),
    )


def anothers(id_: str, area: str, jurisdictions: Collection[str]) -> Problem:
    """A procedure of a jurisdiction that is not served here."""
    ours = ", ".join(sorted(jurisdictions))
    return problem(
        "procedure.anothers",
        f"{id_} area",
        rule=(f"是 {area} 的，本服务的辖区为 {ours}。", f"It is for {area}; this deployment serves {ours}."),
        remedy=("请核对 area 与 SIHAO_AREAS，或移走该文件。", "Check area and SIHAO_AREAS, or take the file away."),
    )


def two_layers(ids: Sequence[str], base: str) -> Problem:
    """Two layers lie on one procedure."""
    return problem(
        "procedure.two-layers",
        f"{ids[0]}, {ids[1]} extends",
        rule=(f"都叠加在 {base} 之上。", f"Both lie on {base}."),
        remedy=(
            "只留新的一份；已开启的周期仍按冻结的程序办理。",
            "Keep the newer one; rounds that have opened go on by what they froze.",
        ),
    )


def lies_on_nothing(name: str, base: str, known: Collection[str]) -> Problem:
    """A layer lies on what the platform does not have."""
    return problem(
        "procedure.unknown-base",
        f"{name} extends",
        rule=(f"平台没有程序 {base}。", f"The platform has no procedure {base}."),
        remedy=(f"可用：{'、'.join(sorted(known))}。", f"There are: {', '.join(sorted(known))}."),
    )


def does_not_fit(name: str, said: str) -> Problem:
    """A layer does not fit; `said` has it in Chinese and English."""
    zh, _, en = said.partition(" / ")
    return problem(
        "procedure.layer",
        name,
        rule=(f"{zh}。", f"{en}."),
        remedy=("请更正后用 sihao procedure check 再查。", "Correct it and run `sihao procedure check` again."),
    )
