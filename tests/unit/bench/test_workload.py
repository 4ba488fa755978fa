"""The messages are valid, each its own, and the same for the same seed; frames differ in id and code only."""

import struct

import pytest

from bench.frames import Publication, id_of
from bench.stages import STAGES, after, at_once
from bench.workload import Workload, number_of
from shared.contracts import EVENTS, ApplicationSubmitted, CaseOpened


@pytest.fixture(scope="module")
def workload() -> Workload:
    return Workload(seed=1, kinds=3)


def test_every_message_is_a_valid_submission_of_its_own_chamber(workload):
    events = [ApplicationSubmitted.model_validate_json(body) for _, body in workload.messages(7)]
    assert len({event.application for event in events}) == 7
    assert [number_of(event.chamber.code) for event in events] == list(range(7))
    assert all(event.application == f"{event.round}-{event.chamber.code}" for event in events)


def test_the_same_seed_makes_the_same_messages(workload):
    assert list(workload.messages(5)) == list(Workload(seed=1, kinds=3).messages(5))
    assert list(workload.messages(5)) != list(Workload(seed=2, kinds=3).messages(5))


def test_every_sample_passes_all_three_steps_to_a_letter(workload):
    for sample in workload.samples:
        assert [len(step.documents) for step in sample.steps] == [1, 1, 1]
        assert sample.steps[1].facts[0].type == CaseOpened.wire()
        assert sample.steps[2].documents[0]["state"]["status"] == "delivered"


def test_stages_follow_each_other_and_each_hears_what_the_one_before_announces(workload):
    names = list(STAGES)
    assert [following and following.service for following in map(after, STAGES.values())] == [*names[1:], None]
    for position, stage in enumerate(list(STAGES.values())[1:]):
        assert EVENTS[workload.samples[0].steps[position].facts[0].type] is stage.event


def test_a_copy_of_a_publication_has_another_id_and_code_and_the_same_length(workload):
    sample = workload.samples[0]
    fact = sample.steps[0].facts[0]
    original = Publication.of(fact, sample.code)
    id_, code = b"1" * 36, workload.code(5).encode()
    copy = original.copy(id_, code)
    assert len(copy) == len(original.frames)
    assert fact.id.encode() not in copy
    assert sample.code.encode() not in copy
    assert copy.count(code) == original.frames.count(sample.code.encode())


def test_an_id_is_found_in_a_header(workload):
    fact = workload.samples[0].steps[0].facts[0]
    frames = Publication.of(fact, workload.samples[0].code).frames
    (method,) = struct.unpack_from(">I", frames, 3)
    (size,) = struct.unpack_from(">I", frames, method + 8 + 3)
    header = frames[method + 8 + 7 : method + 8 + 7 + size]
    assert id_of(header).decode() == fact.id


def test_a_coroutine_that_waits_is_not_run_at_once():
    async def quick() -> int:
        return 3

    class Pause:
        def __await__(self):
            yield

    async def slow() -> None:
        await Pause()

    assert at_once(quick()) == 3
    with pytest.raises(RuntimeError, match="waits"):
        at_once(slow())
