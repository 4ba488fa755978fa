"""Scoring 评分: what an application is worth under a published rubric, and why, down to rule, fact and evidence.

    owns        rubrics (files in `rubrics/`, versioned), scorecards, improvement plans, consents of exemplars
    hears       round.opened · application.submitted · application.withdrawn · marks.settled
    announces   rubric.published · application.scored

The way of a message: `handlers` → `domain/decide` → `domain/score` → `domain/kinds/…`. A scorecard is not stored but
recomputed from what was handed in: the same facts under the same rubric give the same bytes, and the digest proves it.

A shortfall becomes help by HTTP alone: `domain/what_if` asks the scorer what an item could gain, `domain/cheapest`
finds the cheapest path to a goal, `domain/plan` is followed to its end, `domain/exemplar` pairs weak and strong.
"""
