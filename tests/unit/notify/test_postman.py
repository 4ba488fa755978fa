"""The postman: every letter to its end, none twice, whoever dies and whatever the server says."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

from services.notify.domain.letter import LEASE, PAUSES, Deferred, Outcome, Rejected
from services.notify.postman import Postman
from shared.contracts import LetterDelivered, LetterFailed
from tests.unit.notify.given import FakeServer, Office, TurnedClock, draft, profile, settings


class Post:
    """A clock, an office, a mail server and a postman."""

    def __init__(self, letters: int = 1, answers: Sequence[Outcome | None] = ()) -> None:
        self.clock = TurnedClock()
        self.office = Office(self.clock)
        self.server = FakeServer(answers)
        self.office.know("sec-1", profile())
        self.office.write(*(draft(because=f"event-{n}") for n in range(letters)))

    def postman(self) -> Postman:
        """A postman at this office."""
        return Postman(
            queue=self.office,
            directory=self.office,
            desk=self.office,
            transport=self.server,
            clock=self.clock,
            settings=settings(mail_parallel=3),
        )

    async def round(self) -> int:
        """One round."""
        return await self.postman().round()

    def statuses(self) -> list[str]:
        """Where the letters stand."""
        return sorted(letter.status for letter in self.office.letters.values())


async def test_every_due_letter_is_sent_once() -> None:
    post = Post(letters=20)
    assert await post.round() == 20
    assert await post.round() == 0
    assert post.statuses() == ["delivered"] * 20
    assert len({mail["Message-ID"] for mail in post.server.mails}) == len(post.server.mails) == 20
    assert len(post.office.facts) == 20
    assert post.server.rests == 2


async def test_two_postmen_never_carry_the_same_letter() -> None:
    post = Post(letters=30)
    carried = await asyncio.gather(post.postman().round(), post.postman().round())
    assert sum(carried) == 30
    assert len(post.server.mails) == 30


async def test_a_temporary_refusal_is_tried_again_after_its_pause() -> None:
    post = Post(answers=[Deferred(reason="451 busy")])
    assert await post.round() == 0
    post.clock.turn(PAUSES[0] - timedelta(seconds=1))
    assert await post.round() == 0
    assert post.server.asked == 1
    post.clock.turn(timedelta(seconds=1))
    assert await post.round() == 1
    assert post.office.facts[-1].attempts == 2


async def test_a_final_refusal_is_final() -> None:
    post = Post(answers=[Rejected(reason="550 5.1.1 no such user")])
    await post.round()
    post.clock.turn(timedelta(days=30))
    assert await post.round() == 0
    (fact,) = post.office.facts
    assert isinstance(fact, LetterFailed)
    assert fact.reason == "550 5.1.1 no such user"


async def test_a_person_without_an_address_fails_at_once_and_nothing_is_sent() -> None:
    for known in (None, profile(mail=None, channels=["inbox"])):
        post = Post()
        post.office.know("sec-1", known)
        await post.round()
        assert post.statuses() == ["failed"]
        assert post.server.asked == 0


async def test_an_unreachable_server_leaves_the_other_letters_untouched() -> None:
    post = Post(letters=50, answers=[None] * 50)
    assert await post.round() == 0
    assert post.server.asked <= 3
    assert sum(letter.attempts for letter in post.office.letters.values()) == post.server.asked
    post.server.answers.clear()
    post.clock.turn(PAUSES[0])
    assert await post.round() == 50
    assert post.statuses() == ["delivered"] * 50


async def test_a_death_between_acceptance_and_record_repeats_the_same_mail() -> None:
    post = Post()
    post.office.forgets_reports = True
    await post.round()
    post.office.forgets_reports = False
    assert await post.round() == 0
    post.clock.turn(LEASE)
    assert await post.round() == 1
    first, again = post.server.mails
    assert first.as_bytes() == again.as_bytes()
    (fact,) = post.office.facts
    assert isinstance(fact, LetterDelivered)
