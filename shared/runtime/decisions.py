"""Counts what review decides, when it is committed: by stage, outcome and province."""

from collections.abc import Iterable

import orjson

from shared.contracts.area import province_of
from shared.runtime import metrics
from shared.runtime.work import Applied, Outcome

_DECISIONS = ("case.", "honour.")
"""Facts that begin so are decisions about one chamber."""


def count_decisions(outcomes: Iterable[Outcome]) -> None:
    """Count the decisions among these outcomes; the stage is empty where a fact names none."""
    for outcome in outcomes:
        for item in outcome.outgoing if isinstance(outcome, Applied) else ():
            if item.fact.type.startswith(_DECISIONS):
                body = orjson.loads(item.fact.body)
                stage, area = str(body.get("stage") or ""), province_of(body["area"])
                metrics.DECISIONS.labels(stage, item.fact.type.rpartition(".v")[0], area).inc()
