"""The messages: applications as the demo's chambers fill them in, each from a chamber of its own.

Message n repeats one of the demo's applications under the n-th credit code, so that any number can be made quickly and
every one is valid under its contract. The same seed gives the same messages.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from random import Random
from typing import Any

from bench.stages import PROVINCE, STAGES, Decided, Known, Step, at_once, decide
from demo.data import Scenario
from demo.generate import credit_code
from services.notify.domain.recipient import Profile, Recipient
from services.review import procedures
from services.review.domain.terms import Terms, named_procedures
from services.scoring.domain.record import Terms as ScoringTerms
from shared.contracts import (
    ApplicationScored,
    ApplicationSubmitted,
    CaseOpened,
    Chamber,
    Evidence,
    Facts,
    Receipt,
    Round,
)
from shared.kernel.canonical import digest

_AREA = "3502"
_ID = "00000000-0000-0000-0000-000000000000"
_FILES = (("收费公示_合成.txt", ("D2.e",)), ("走访登记表_合成.txt", ("B2.i", "C2.b")))


@dataclass(frozen=True)
class Sample:
    """One of the demo's applications, and what the three steps make of it."""

    submitted: ApplicationSubmitted
    steps: tuple[Decided, ...]
    """By stage, in order."""

    @property
    def code(self) -> str:
        """The credit code under which it stands; message n has another of the same length in its place."""
        return self.submitted.chamber.code

    @cached_property
    def body(self) -> bytes:
        """The message."""
        return self.submitted.model_dump_json().encode()


class Workload:
    """As many messages as are asked for."""

    def __init__(self, seed: int, kinds: int = 50) -> None:
        """At most `kinds` different applications, chosen by `seed` among those that pass every gate."""
        scenario = Scenario()
        self.seed = seed
        self.round = scenario.round
        dice = Random(seed)  # noqa: S311 - the same every time, on purpose
        drawn = dice.sample(scenario.applications, len(scenario.applications))
        self._people: dict[str, tuple[str, Any]] = {}
        self._steps = [Step(stage, self._reader(name)) for name, stage in STAGES.items()]
        samples: list[Sample] = []
        for number, application in enumerate(drawn):
            chamber = application.chamber.model_copy(
                update={"area": _AREA, "level": "city", "code": credit_code(_AREA, 999_999 - number)}
            )
            event = _submitted(self.round, chamber, scenario.facts_of(application))
            steps = self._taken(event)
            if len(steps) == len(STAGES):
                samples.append(Sample(event, steps))
            if len(samples) == kinds:
                break
        self.samples = tuple(samples)

    def messages(self, count: int, first: int = 0) -> Iterator[tuple[str, bytes]]:
        """(application id, body) of messages `first` to `first + count`."""
        for n in range(first, first + count):
            sample, code = self.samples[n % len(self.samples)], self.code(n)
            yield f"{self.round.code}-{code}", sample.body.replace(sample.code.encode(), code.encode())

    def code(self, n: int) -> str:
        """The n-th credit code."""
        return credit_code(_AREA, n)

    def person(self, n: int) -> Recipient:
        """The secretary of the n-th chamber, who reads letters in the inbox."""
        return _secretary(self.code(n))

    def states(self, service: str) -> dict[str, tuple[str, Any]]:
        """What a service knows of the round before anything else: collection → (key, state)."""
        named = named_procedures(self.round, (PROVINCE,), procedures.load())
        known: dict[str, dict[str, tuple[str, Any]]] = {
            "scoring": {"rounds": (self.round.code, ScoringTerms(round=self.round))},
            "review": {"rounds": (self.round.code, Terms(round=self.round, procedures=named))},
        }
        return known.get(service, {})

    def step(self, position: int) -> Step:
        """A stage at work in memory, knowing the round and the samples' secretaries."""
        return self._steps[position]

    def _reader(self, service: str) -> Known:
        return Known(dict(self.states(service).values()), self._people)

    def _taken(self, event: ApplicationSubmitted) -> tuple[Decided, ...]:
        """What each stage makes of it; cut short where no case is opened."""
        person = _secretary(event.chamber.code)
        self._people[event.chamber.code] = (person.id, person)
        body, id_ = event.model_dump_json().encode(), _ID
        taken: list[Decided] = []
        for step in self._steps:
            decided = decide(at_once(step.works(body, id_)), {})
            taken.append(decided)
            if step.stage.event is ApplicationScored and decided.facts[0].type != CaseOpened.wire():
                break
            body, id_ = decided.facts[0].body.encode(), decided.facts[0].id
        return tuple(taken)


def number_of(code: str) -> int:
    """Which message a credit code belongs to."""
    return int(code[10:16])


def _secretary(code: str) -> Recipient:
    profile = Profile(role="secretary", name="米秘书", area=_AREA, chamber=code, channels=("inbox",))
    return Recipient(id=f"secretary-{code}", profile=profile)


def _submitted(round_: Round, chamber: Chamber, facts: Facts) -> ApplicationSubmitted:
    application = f"{round_.code}-{chamber.code}"
    files = tuple(
        Evidence(sha256=digest(name), name=name, media_type="text/plain", size=100, items=items)
        for name, items in _FILES
    )
    return ApplicationSubmitted(
        area=chamber.area,
        application=application,
        round=round_.code,
        revision=1,
        chamber=chamber,
        facts=facts,
        evidence=files,
        receipt=Receipt(number=f"{application}-R1", digest=digest(facts), at=round_.calendar.apply_from),
    )
