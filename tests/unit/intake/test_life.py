"""An application's life as a state machine: whatever its chamber does and whatever is heard, what must hold holds."""

from datetime import datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from services.intake.domain.application import Application
from services.intake.domain.filling import Attach, Fill, ItemEdit, attach, fill
from services.intake.domain.receipt import genuine
from services.intake.domain.submitting import Start, Submit, Withdraw, starting, submitting, withdraw
from services.intake.domain.timeline import Told, hear
from shared.contracts import ApplicationSubmitted, ApplicationWithdrawn, CaseReturned, Event, Evidence
from shared.kernel.change import Change, Refused
from tests.unit.intake.given import CHAMBER, EVENTS, ROUND, START, UNTIL, open_round, returned

ITEMS = st.sampled_from(["B2.i", "A1.a", "C3.b"])


class Life(RuleBasedStateMachine):
    """The chamber acts, time passes, the bus brings what happened: in any order, more than once."""

    @initialize()
    def begin(self) -> None:
        """A draft."""
        change = starting(open_round(), CHAMBER)(None, Start(round=ROUND.code, chamber=CHAMBER.code), START)
        assert change is not None
        self.state: Application = change.state
        self.now: datetime = START
        self.announced: list[Event] = []
        self.sent: list[Told] = []

    def take(self, change: Change[Application] | None) -> None:
        """Take a change over, as the store would give it back."""
        if change:
            self.state = Application.model_validate(change.state.model_dump(mode="json"))
            self.announced += change.facts

    @rule(hours=st.integers(1, 24 * 12))
    def time_passes(self, hours: int) -> None:
        """Hours or days."""
        self.now += timedelta(hours=hours)

    @rule(item=ITEMS, seen=st.integers(0, 3), n=st.integers(0, 5))
    def writes(self, item: str, seen: int, n: int) -> None:
        """By a version it may or may not have seen last."""
        stored = self.state.items.get(item)
        try:
            change = fill(self.state, Fill(items={item: ItemEdit(version=seen, facts={"n": n})}), self.now)
        except Refused:
            return
        if change:
            assert seen == (stored.version if stored else 0), "overwrote what it had not seen"
            assert self.state.status in {"draft", "returned"}
            assert self.state.status == "draft" or self.state.correctable(item)
        self.take(change)

    @rule(item=ITEMS, n=st.integers(0, 3))
    def uploads(self, item: str, n: int) -> None:
        """One of a few files."""
        file = Evidence(sha256=f"{n:064x}", name="x.pdf", media_type="application/pdf", size=1, items=(item,))
        try:
            self.take(attach(self.state, Attach(file=file), self.now))
        except Refused:
            return

    @rule()
    def hands_in(self) -> None:
        """Whenever."""
        before = self.state
        try:
            change = submitting(open_round(), CHAMBER)(before, Submit(undertaking=True), self.now)
        except Refused:
            return
        assert change is not None
        if before.status == "draft":
            assert (change.state.status == "late") == (self.now >= UNTIL)
        else:
            assert before.correction is not None
            assert self.now < before.correction.deadline
        assert bool(change.facts) == (change.state.status != "late")
        self.take(change)

    @rule()
    def withdraws(self) -> None:
        """Whenever."""
        before = self.state.status
        try:
            change = withdraw(self.state, Withdraw(), self.now)
        except Refused:
            assert before not in {"draft", "submitted", "under_review", "returned", "nominated"}
            return
        self.take(change)

    @rule(event=st.sampled_from(EVENTS), ago=st.integers(0, 200))
    def something_happens(self, event: Event, ago: int) -> None:
        """Now or long ago, but after the first submission."""
        if not self.state.submissions:
            return
        if isinstance(event, CaseReturned):
            event = returned("B2.i", deadline=self.now + timedelta(days=10))
        at = max(self.now - timedelta(hours=ago), self.state.submissions[0].receipt.at + timedelta(seconds=1))
        told = Told(id=f"e{len(self.sent)}", at=at, event=event)
        self.sent.append(told)
        self.take(hear(self.state, told, self.now))

    @rule(data=st.data())
    def something_is_repeated(self, data: st.DataObject) -> None:
        """It changes nothing."""
        if self.sent:
            assert hear(self.state, data.draw(st.sampled_from(self.sent)), self.now) is None

    @invariant()
    def the_same_was_heard_in_any_order(self) -> None:
        """All that was heard, told backwards to the application as its own acts left it, comes to the same end."""
        heard = {told.id for told in self.sent}
        own = tuple(step for step in self.state.steps if step.id not in heard)
        bare = self.state.but(steps=own, corrections=())
        for told in reversed(self.sent):
            change = hear(bare, told, self.now)
            assert change is not None
            bare = change.state
        assert (bare.steps, bare.corrections) == (self.state.steps, self.state.corrections)
        if self.sent:
            assert bare.status == self.state.status

    @invariant()
    def revisions_count_up_and_every_receipt_is_genuine(self) -> None:
        """As issued."""
        submissions = self.state.submissions
        assert [s.revision for s in submissions] == list(range(1, len(submissions) + 1))
        for submission in submissions:
            receipt = submission.receipt
            assert genuine(submissions, receipt.number, receipt.digest) == submission

    @invariant()
    def what_was_announced_is_what_was_handed_in(self) -> None:
        """Neither more nor less."""
        announced = [fact for fact in self.announced if isinstance(fact, ApplicationSubmitted)]
        assert [fact.receipt for fact in announced] == [s.receipt for s in self.state.submissions]
        assert [fact.facts for fact in announced] == [s.facts for s in self.state.submissions]
        assert sum(isinstance(fact, ApplicationWithdrawn) for fact in self.announced) <= 1

    @invariant()
    def statuses_mean_what_they_say(self) -> None:
        """With what else the state holds."""
        state = self.state
        if state.status == "late":
            assert state.late_at
            assert not state.submissions
        if state.status == "draft":
            assert not state.submissions
        if state.status == "returned":
            assert state.correction is not None


Life.TestCase.settings = settings(deadline=None, max_examples=80, stateful_step_count=25)
TestLife = Life.TestCase
