"""Every contender on the same applications, in turns, in one process: records as JSON lines on standard output.

Runs with the peers' interpreter. Before anything is measured, all contenders must have decided alike; every round has
new applications, so that nothing is known beforehand. CPU time of the process, all its threads.
"""

import argparse
import gc
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bench.engines.cel_program import Cel
from bench.engines.decision import Decision
from bench.engines.samples import Sample, samples
from bench.engines.zen_graph import Zen
from bench.machine import load
from services.scoring.domain import Standard, fill_parameters, measure
from services.scoring.domain.decide import Submission, score_submission
from services.scoring.domain.figures import Figures
from services.scoring.library import example_parameters, rubric
from shared.contracts import ApplicationSubmitted
from shared.contracts.chambers import Receipt

_NOW = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Case:
    """One application in every form that a contender takes."""

    sample: Sample
    row: Any
    zen: Mapping[str, Any]
    request: Mapping[str, Any]
    cel: Mapping[str, Any]
    submission: Submission


class Contest:
    """A standard, told to all contenders."""

    def __init__(self, standard: Standard) -> None:
        self.standard, self.zen, self.cel = standard, Zen(standard), Cel(standard)
        self.contenders: Mapping[str, Callable[[Sequence[Case]], object]] = {
            "zen": _each(lambda case: self.zen.evaluate(case.zen)),
            "zen-batch": lambda cases: self.zen.evaluate_all([case.request for case in cases]),
            "cel": _each(lambda case: self.cel.evaluate(case.cel)),
            "figures": _each(lambda case: Figures(standard, case.row)),
            "proven": _each(lambda case: self._measured(case.sample).digest),
            "card": _each(lambda case: self._measured(case.sample).card()),
            "decider": _each(lambda case: score_submission(None, case.submission, _NOW)),
        }

    def cases(self, seed: int, count: int) -> list[Case]:
        """Applications drawn from a seed."""
        return [self._case(sample) for sample in samples(self.standard, seed, count)]

    def check(self, cases: Sequence[Case]) -> None:
        """All contenders decide alike.

        Raises:
            AssertionError: one does not; the application is shown.
        """
        for case in cases:
            ours = Decision.of(Figures(self.standard, case.row))
            (batched,) = self.zen.evaluate_all([case.request])
            for name, theirs in (
                ("zen", self.zen.decision(self.zen.evaluate(case.zen))),
                ("zen-batch", self.zen.decision(batched["data"])),
                ("cel", self.cel.decision(self.cel.evaluate(case.cel))),
            ):
                if ours != theirs:
                    raise AssertionError(f"{name}: {theirs}\nsihao: {ours}\n{case.sample.facts}")

    def _case(self, sample: Sample) -> Case:
        row = self.standard.columns.row(sample.facts, sample.chamber, sample.marks)
        if row is None:
            raise AssertionError(f"a sample does not fit its rubric: {sample.facts}")
        values = self.zen.inputs.values(row)
        receipt = Receipt(number="R", digest="0" * 64, at=_NOW)
        event = ApplicationSubmitted(
            area=sample.chamber.area,
            application="a",
            round="r",
            revision=1,
            chamber=sample.chamber,
            facts=sample.facts,
            receipt=receipt,
        )
        return Case(
            sample, row, values, self.zen.request(values), self.cel.inputs.values(row), Submission(event, self.standard)
        )

    def _measured(self, sample: Sample) -> Any:
        return measure(sample.facts, sample.chamber, self.standard, (), sample.marks)


def _each(run: Callable[[Case], object]) -> Callable[[Sequence[Case]], object]:
    def all_(cases: Sequence[Case]) -> None:
        for case in cases:
            run(case)

    return all_


def main() -> None:
    """Check, warm up, measure in turns."""
    parser = argparse.ArgumentParser()
    for option in ("--seed", "--rounds", "--count"):
        parser.add_argument(option, type=int, required=True)
    given = parser.parse_args()
    known = rubric("sihao-2019")
    contest = Contest(Standard(known, fill_parameters(known.parameters, example_parameters(known.id))))
    contest.check(contest.cases(given.seed, given.count))
    for round_ in range(1, given.rounds + 1):
        cases = contest.cases(given.seed + round_, given.count)
        gc.collect()
        gc.freeze()
        for name, run in contest.contenders.items():
            began = time.process_time_ns()
            run(cases)
            cost = (time.process_time_ns() - began) / len(cases) / 1000
            print(json.dumps({"contender": name, "round": round_, "us": cost, "load": load()}), flush=True)


if __name__ == "__main__":
    main()
