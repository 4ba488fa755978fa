"""Sentences that are remembered say what sentences made anew say."""

from bench.engines.samples import samples
from services.scoring.domain import Standard, measure
from services.scoring.domain import reasons as module
from services.scoring.domain.assess import reason_of
from services.scoring.domain.reasons import Reasons
from tests.unit.scoring.samples import sihao, sihao_parameters


def test_every_remembered_sentence_is_the_one_made_from_the_facts(monkeypatch):
    monkeypatch.setattr(module, "_REMEMBERED", 1000)  # so that it begins anew several times
    standard = Standard(sihao(), sihao_parameters())
    remembered = Reasons(standard)
    for one in samples(standard, seed=7, count=60):
        row = measure(one.facts, one.chamber, standard, (), one.marks).row
        for item in standard.rubric.items.values():
            made = reason_of(item, standard.case(item, row, one.chamber))
            assert remembered.of(item, row, one.chamber) == made, item.code


def test_two_rounds_do_not_share_their_sentences():
    rubric, usual = sihao(), sihao_parameters()
    more = {n: usual.data[n] + 3 for n, declared in rubric.parameters.items() if declared.type == "integer"}
    rounds = Standard(rubric, usual), Standard(rubric, sihao_parameters(**more))
    for one in samples(rounds[0], seed=7, count=10):
        for standard in rounds:
            measured = measure(one.facts, one.chamber, standard, (), one.marks)
            for line in measured.card().items:
                item = rubric.items[line.code]
                assert line.reason == reason_of(item, standard.case(item, measured.row, one.chamber)), item.code
