"""What came out, clause by clause: passed, failed with what was seen, or not checked with the reason."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Literal

from conformance.clauses import NEEDS, Clause, Need, clauses
from shared.contracts.text import Text, text

Status = Literal["passed", "failed", "not_checked"]
_KEPT = 20
"""Findings that are told per clause; all are counted."""


class Broken(Exception):  # noqa: N818 - a state of affairs
    """A check came to its end, because what it waits for did not come."""


@dataclass(frozen=True)
class Result:
    """How one clause came out."""

    clause: Clause
    status: Status
    checks: int
    """How often it was looked at."""
    failures: int
    """How often it did not hold."""
    findings: tuple[Text, ...]
    """What was seen, the first of them; where it was not checked: why."""


@dataclass
class Verdicts:
    """Collects what the checks see."""

    missing: Collection[Need] = ()
    """What the kit has not been given."""
    _held: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    _failed: dict[str, list[Text]] = field(default_factory=lambda: defaultdict(list))

    def can(self, clause: str) -> bool:
        """Whether the kit has what this clause needs."""
        return not set(clauses()[clause].needs) & set(self.missing)

    def hold(self, clause: str, holds: object, zh: str, en: str) -> bool:
        """One look at a clause; the words say what was seen where it does not hold."""
        if clause not in clauses():
            raise KeyError(clause)
        if holds:
            self._held[clause] += 1
        else:
            self._failed[clause].append(text(zh, en))
        return bool(holds)

    def need(self, clause: str, holds: object, zh: str, en: str) -> None:
        """The same, where nothing that follows makes sense without it.

        Raises:
            Broken: it does not hold.
        """
        if not self.hold(clause, holds, zh, en):
            raise Broken(clause)

    def results(self) -> list[Result]:
        """Every clause, in the order of the document."""
        return [self._result(clause) for clause in clauses().values()]

    def _result(self, clause: Clause) -> Result:
        failed, held = self._failed.get(clause.id, []), self._held.get(clause.id, 0)
        if failed:
            return Result(clause, "failed", held + len(failed), len(failed), tuple(failed[:_KEPT]))
        lacking = tuple(NEEDS[need] for need in clause.needs if need in self.missing)
        if held and not lacking:
            return Result(clause, "passed", held, 0, ())
        return Result(clause, "not_checked", held, 0, lacking or (_UNREACHED,))


_UNREACHED = text(
    "未能检查：此前的步骤未完成，或没有可检查的消息",
    "could not be checked: a step before it failed, or there was nothing to look at",
)
