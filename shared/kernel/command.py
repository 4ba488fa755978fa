"""What every command has in common: a person acts, and says so; and how an act is refused."""

from pydantic import BaseModel, ConfigDict

from shared.kernel.actor import Actor
from shared.kernel.change import NotFound, Refused
from shared.kernel.problem import problem


class Command(BaseModel):
    """An act of a person.

    What the person said makes up its content, by which a repeat is recognised. What the edge read for the decider from
    other documents is in fields marked `exclude`, since it may differ when the same act is sent again.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    by: Actor


def refused(code: str, field: str, *, rule: tuple[str, str], remedy: tuple[str, str]) -> Refused:
    """A refusal with one problem, to be raised."""
    return Refused(problem(code, field, rule=rule, remedy=remedy))


def exists(what: str, id_: str, zh: str, en: str) -> Refused:
    """What is entered once, under a number of its round, is there already, to be raised."""
    return refused(
        f"{what}.exists",
        "number",
        rule=(f"{zh} {id_} 已经登记。", f"The {en} {id_} has been entered."),
        remedy=(f"另一次{zh}请用下一个序号。", f"Use the next number for another {en}."),
    )


def missing(what: str, key: str, zh: str, en: str) -> NotFound:
    """The act names something that does not exist here, to be raised."""
    return NotFound(
        problem(
            f"{what}.unknown",
            what,
            rule=(f"本服务没有{zh} {key}。", f"There is no {en} {key} here."),
            remedy=("请核对编号，或到办理该事项的工商联查询。", "Check the id, or ask the federation that handles it."),
        )
    )
