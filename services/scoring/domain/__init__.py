"""Scoring without a service around it: rubric and parameters in, facts in, scorecard out. Pure.

    rubric = load_rubric(data)                            # loading, checks → rubric
    parameters = fill_parameters(rubric.parameters, …)    # parameters
    card = score(facts, chamber, rubric, parameters, evidence, marks)

Figures and words are apart: figures are computed at once, sentences are made for what somebody reads.

- `rubric`    the standard as data           - `kinds/`     one module per kind of rule
- `fields`    what a fact is                 - `conditions` when an item applies, what a gate demands
- `facts`     checking what is declared      - `row`        an application's facts, each in its place
- `figure`    what a rule finds, in numbers  - `case`       the same item, for words
- `assess`    one item: figures and reason   - `standard`   rubric and parameters, compiled
- `spread`    how N/A costs nothing          - `figures`    the exact sums
- `measured`  digest, brief and full card    - `scorecard`  the card

From shortfalls to help, beside the scoring and over it:

- `what_if`   what an item could still gain  - `effort`     what that takes, as data
- `cheapest`  the cheapest path to a goal    - `knapsack`   the exact choice
- `path`      the path, for people           - `standing`   a scorecard, to be compared
- `plan`      an improvement plan            - `drawing_up`, `following` its deciders
- `exemplar`  who can show how, by consent
"""

from services.scoring.domain.facts import Facts, check_facts
from services.scoring.domain.loading import load_rubric
from services.scoring.domain.marks import Marks, check_marks
from services.scoring.domain.parameters import Parameters, fill_parameters
from services.scoring.domain.rubric import Clause, Dimension, Item, Rubric
from services.scoring.domain.score import measure, score
from services.scoring.domain.scorecard import Scorecard
from services.scoring.domain.standard import Standard

__all__ = [
    "Clause",
    "Dimension",
    "Facts",
    "Item",
    "Marks",
    "Parameters",
    "Rubric",
    "Scorecard",
    "Standard",
    "check_facts",
    "check_marks",
    "fill_parameters",
    "load_rubric",
    "measure",
    "score",
]
