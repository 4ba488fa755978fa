"""The rubric as one program of the Common Expression Language, compiled once.

The language has no variables of its own; `[x].map(name, …)` gives a value a name. Results are lists, since maps take
the engine longer.
"""

from collections.abc import Mapping
from typing import Any

import cel

from bench.engines.decision import Decision
from bench.engines.inputs import Inputs
from bench.engines.sums import pending, total
from bench.engines.translate import Dialect, Translator
from services.scoring.domain import Standard

DIALECT = Dialect(
    land="&&",
    lor="||",
    whole="int",
    share_of_list="size({list}) == 0 ? 0.0 : double(size({list}.filter(e, {test}))) / double(size({list}))",
    entry="e",
)


class Cel:
    """One program, executed per application."""

    def __init__(self, standard: Standard) -> None:
        """Compile it: flags, then factors of clauses, then exact points, then rounding, sums and gates."""
        translator = Translator(standard, DIALECT, flags="f.")
        clauses, gates = translator.clauses(), translator.gates()
        items = [item for clause in clauses for item in clause.items]
        applies = {item.name: item.applies for item in items if item.applies}
        factors = {clause.name: clause.factor for clause in clauses if clause.factor}
        places = {item.name: f"p[{n}]" for n, item in enumerate(items)}
        settled = [
            *(translator.hundredths(place) for place in places.values()),
            translator.hundredths(total(clauses, places.__getitem__)),
            translator.hundredths(pending(clauses)),
            *gates.values(),
        ]
        known = _map({name: f"f.{name}" for name in applies} | factors)
        points = f"[{', '.join(item.points for item in items)}]"
        self.inputs: Inputs = translator.inputs
        self._many = len(items)
        self._program = cel.compile(
            f"[{_map(applies)}].map(f, {known}).map(f, [{points}].map(p, [{', '.join(settled)}])[0])[0]"
        )

    def evaluate(self, values: Mapping[str, Any]) -> Any:
        """The engine's answer."""
        return self._program.execute(values)

    def decision(self, answer: Any) -> Decision:
        """An answer, to be compared."""
        total_, pending_, *gates = answer[self._many :]
        return Decision(tuple(answer[: self._many]), total_, pending_, tuple(gates))


def _map(entries: Mapping[str, str]) -> str:
    return "{" + ", ".join(f'"{name}": {value}' for name, value in entries.items()) + "}"
