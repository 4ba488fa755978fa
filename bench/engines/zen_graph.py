"""The rubric as a decision graph of zen-engine: two expression nodes, compiled once."""

import json
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import zen

from bench.engines.decision import Decision
from bench.engines.inputs import Inputs
from bench.engines.sums import pending, total
from bench.engines.translate import Dialect, Translator
from services.scoring.domain import Standard

DIALECT = Dialect(
    land="and",
    lor="or",
    whole="floor",
    share_of_list="len({list}) == 0 ? 0.0 : count({list}, {test}) / len({list})",
    entry="#",
)
_KEY = "rubric"


class Zen:
    """One decision; `evaluate` takes one application, `evaluate_all` many."""

    def __init__(self, standard: Standard) -> None:
        """Compile the graph: what applies and exact points in its first node; rounding, sums, gates in its second."""
        first, second = Translator(standard, DIALECT, flags="$."), Translator(standard, DIALECT)
        exact: list[tuple[str, str]] = []
        for clause in first.clauses():
            exact += [(item.name, item.applies) for item in clause.items if item.applies]
            exact += [(clause.name, clause.factor)] if clause.factor else []
            exact += [(f"exact_{item.name}", item.points) for item in clause.items]
        clauses, gates = second.clauses(), second.gates()
        rounded = [
            *((f"points.{i.name}", second.hundredths(f"exact_{i.name}")) for clause in clauses for i in clause.items),
            ("total", second.hundredths(total(clauses, lambda name: f"exact_{name}"))),
            ("pending", second.hundredths(pending(clauses))),
            *((f"gates.{name}", result) for name, result in gates.items()),
        ]
        content = _graph(_node("exact", exact, passes=True), _node("rounded", rounded, passes=False))
        self.inputs: Inputs = second.inputs
        self._names = [item.name for clause in clauses for item in clause.items]
        self._gates = list(gates)
        self._engine = zen.ZenEngine({"loader": {"type": "static", "content": {_KEY: content}}})
        self._evaluate = self._engine.create_decision(json.dumps(content)).evaluate

    def evaluate(self, values: Mapping[str, Any]) -> Any:
        """The engine's answer to one application."""
        return self._evaluate(values)

    def evaluate_all(self, requests: Sequence[Mapping[str, Any]]) -> Any:
        """The engine's answers to a batch."""
        return self._engine.evaluate_batch(requests)

    def request(self, values: Mapping[str, Any]) -> Mapping[str, Any]:
        """One application of a batch."""
        return {"key": _KEY, "context": values}

    def decision(self, answer: Any) -> Decision:
        """An answer, to be compared."""
        result = answer["result"]
        points = tuple(int(result["points"][name]) for name in self._names)
        gates = tuple(result["gates"][name] for name in self._gates)
        return Decision(points, int(result["total"]), int(result["pending"]), gates)


def _graph(*between: dict[str, Any]) -> dict[str, Any]:
    ends = [{"id": name, "name": name, "type": f"{name}Node"} for name in ("input", "output")]
    nodes = [ends[0], *between, ends[1]]
    steps = [(one["id"], next_["id"]) for one, next_ in pairwise(nodes)]
    edges = [{"id": f"{a}-{b}", "sourceId": a, "targetId": b, "type": "edge"} for a, b in steps]
    return {"nodes": nodes, "edges": edges}


def _node(name: str, expressions: Sequence[tuple[str, str]], *, passes: bool) -> dict[str, Any]:
    listed = [{"id": f"{name}-{n}", "key": key, "value": value} for n, (key, value) in enumerate(expressions)]
    content = {"expressions": listed, "passThrough": passes}
    return {"id": name, "name": name, "type": "expressionNode", "content": content}
