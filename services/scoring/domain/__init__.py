"""Scoring without a service around it: rubric and parameters in, facts in, scorecard out. Pure.

    rubric = load_rubric(data)                            # loading, checks → rubric
    parameters = fill_parameters(rubric.parameters, …)    # parameters
    card = score(facts, chamber, rubric, parameters, evidence, marks)

- `rubric`      the standard as data      - `kinds/`     one module per kind of rule
- `fields`      what a fact is            - `conditions` when an item applies, what a gate demands
- `facts`       checking what is declared - `assess`     one item against one application
- `scorecard`   the result                - `score`      the sums, and how N/A costs nothing
"""

from services.scoring.domain.facts import Facts, check_facts
from services.scoring.domain.loading import load_rubric
from services.scoring.domain.parameters import Parameters, fill_parameters
from services.scoring.domain.rubric import Clause, Dimension, Item, Rubric
from services.scoring.domain.score import Marks, check_marks, score
from services.scoring.domain.scorecard import Scorecard

__all__ = [
    "Clause",
    "Dimension",
    "Facts",
    "Item",
    "Marks",
    "Parameters",
    "Rubric",
    "Scorecard",
    "check_facts",
    "check_marks",
    "fill_parameters",
    "load_rubric",
    "score",
]
