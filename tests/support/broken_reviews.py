"""The independent review service with one mistake each, and the clause that finds it.

`python -m tests.support.broken_reviews NAME …` runs one; the rest of the command line is that of the sound one.
"""

import asyncio
import json
import os
import sys
import time
import uuid
from typing import Any

from tests.support.independent_review import Body, Review, Wire, main

_A_MOMENT, _PAUSE, _LONG = 0.2, 1.0, 30.0
"""Seconds."""
_CUT_OFF = "-RST"
"""What the code of the round ends with in which the kit stops the software."""


class NoDedupe(Review):
    """Keeps no ids, and announces a withdrawal every time it comes."""

    def is_new(self, id_: str) -> bool:
        return True

    def on_withdrawn(self, id_: str, body: Body) -> None:
        if case := self.case(body["application"]):
            self.save({**case, "status": "open"})
        super().on_withdrawn(id_, body)

    def put(self, cause: str, event: str, body: Body) -> None:
        super().put(f"{cause} {uuid.uuid4()}", event, body)


class ForgetsAtRestart(NoDedupe):
    """Keeps the ids in memory."""

    known: set[str] = set()  # noqa: RUF012 - one process has one

    def is_new(self, id_: str) -> bool:
        fresh = id_ not in self.known
        self.known.add(id_)
        return fresh


class WrongSchema(Review):
    """Leaves out a required field."""

    def put(self, cause: str, event: str, body: Body) -> None:
        super().put(cause, event, {name: value for name, value in body.items() if name != "stage_title"})


class WrongArea(Review):
    """Speaks in the name of another province."""

    def put(self, cause: str, event: str, body: Body) -> None:
        super().put(cause, event, {**body, "area": "12"})


class BareExtension(Review):
    """Adds a field without its area's prefix."""

    def put(self, cause: str, event: str, body: Body) -> None:
        super().put(cause, event, {**body, "fileNumber": "闽-7"})


class ServesEveryone(Review):
    """Takes up whatever comes."""

    def is_ours(self, body: Body) -> bool:
        return True


class LastCounts(Review):
    """Believes what comes last."""

    def is_newer(self, case: Body, body: Body) -> bool:
        return True


class DropsEarlyScores(Review):
    """Keeps what comes before its round for a moment only."""

    def hold(self, id_: str, body: Body) -> None:
        super().hold(id_, {**body, "since": time.monotonic()})

    def on_scored(self, id_: str, body: Body) -> None:
        if time.monotonic() - body.pop("since", time.monotonic()) < _A_MOMENT:
            super().on_scored(id_, body)


class IgnoresWithdrawal(Review):
    """Does not hear that a chamber took its application back, once the case is open."""

    def on_withdrawn(self, id_: str, body: Body) -> None:
        if self.case(body["application"]) is None:
            super().on_withdrawn(id_, body)


class ForgetsEarlyWithdrawal(Review):
    """Does not keep a withdrawal of what it does not know."""

    def on_withdrawn(self, id_: str, body: Body) -> None:
        if self.case(body["application"]) is not None:
            super().on_withdrawn(id_, body)


class IgnoresGates(Review):
    """Opens a case although a gate excludes it."""

    def on_scored(self, id_: str, body: Body) -> None:
        gates = [{**gate, "result": "met"} for gate in body["score"]["gates"]]
        super().on_scored(id_, {**body, "score": {**body["score"], "gates": gates}})


class RefusesUnknownFields(Review):
    """Reads only what it knows by name."""

    def read(self, event: str, raw: bytes) -> Body:
        body = super().read(event, raw)
        if "colour" in body:
            raise ValueError("colour")
        return body


class DiesOnPoison(Review):
    """Ends when it cannot read a message."""

    def hear(self, event: str, id_: str, raw: bytes) -> None:
        try:
            self.read(event, raw)
        except Exception:  # noqa: BLE001 - the mistake
            os._exit(1)
        super().hear(event, id_, raw)


class IgnoresQuota(Review):
    """Nominates everybody."""

    def within(self, quota: int) -> int:
        return 1_000 * max(quota, 1)


class Floats(Review):
    """Passes decimals through binary floats."""

    def nominate(self, cause: str, case: Body, *, rank: int, quota: int) -> None:
        score = {**case["score"], "total": f"{float(case['score']['total']):.3f}"}
        super().nominate(cause, {**case, "score": score}, rank=rank, quota=quota)


class AnyScoreCorrects(Review):
    """Takes every new scorecard for the correction."""

    def corrects(self, case: Body, body: Body) -> bool:
        return bool(case["status"] == "returned")


class NeverCorrected(Review):
    """Does not see that a correction came."""

    def corrects(self, case: Body, body: Body) -> bool:
        return False


class NeverOverdue(Review):
    """Waits for a correction for ever."""

    def tick(self) -> None:
        """Look at nothing."""


class AcksFirst(Wire):
    """In its first life, in the round that is cut off, acknowledges every other scorecard long before it saves it."""

    scorecards = 0

    def __init__(self, review: Review, key: Any, kid: str) -> None:
        super().__init__(review, key, kid)
        self.hasty = review.db.execute("SELECT id FROM heard").fetchone() is None

    async def on_message(self, event: str, message: Any) -> None:
        scored = self.hasty and event.startswith("application.scored")
        cut_off = scored and json.loads(message.body)["round"].endswith(_CUT_OFF)
        self.scorecards += cut_off
        if cut_off and self.scorecards % 2 == 0:
            await message.ack()
            await asyncio.sleep(_LONG)
            self.review.hear(event, str(message.headers["ce-id"]), message.body)
        else:
            await super().on_message(event, message)


class Unsigned(Wire):
    """Has no key."""

    def __init__(self, review: Review, _key: Any, kid: str) -> None:
        super().__init__(review, None, kid)


class BelievesAnybody(Wire):
    """Looks at no signature."""

    def believes(self, message: Any) -> bool:
        return True


class BelievesTheName(Wire):
    """Looks which key is named, and does not verify."""

    def verify(self, kid: str, signature: bytes, signed: bytes) -> None:
        self.centre[kid]


class NoTime(Wire):
    """Gives the time without its zone."""

    async def publish(self, id_: str, event: str, time: str, body: str) -> None:
        await super().publish(id_, event, time.partition("+")[0], body)


class HearsNoWithdrawal(Wire):
    """Has not bound what a chamber takes back."""

    def place(self, event: str) -> str:
        return "nowhere" if event.startswith("application.withdrawn") else super().place(event)


class SlowToBind(Wire):
    """Declares its queues with a pause between them, which is no mistake."""

    async def listen_to(self, event: str, channel: Any) -> None:
        await asyncio.sleep(_PAUSE)
        await super().listen_to(event, channel)


class HearsEveryone(Wire):
    """Has bound the whole country."""

    def place(self, event: str) -> str:
        return "#"


class Rewords(Wire):
    """Sends a fact once more, written in another way."""

    async def publish(self, id_: str, event: str, time: str, body: str) -> None:
        await super().publish(id_, event, time, body)
        await super().publish(id_, event, time, json.dumps(json.loads(body), indent=1))


BROKEN: dict[str, tuple[set[str], type[Review], type[Wire]]] = {
    "slow-to-bind": (set(), Review, SlowToBind),
    "hears-no-withdrawal": ({"C-CON-1"}, Review, HearsNoWithdrawal),
    "no-dedupe": ({"C-DUP-1", "C-DUP-2"}, NoDedupe, Wire),
    "forgets-at-restart": ({"C-DUP-2"}, ForgetsAtRestart, Wire),
    "rewords": ({"C-DUP-3"}, Review, Rewords),
    "no-time-zone": ({"C-ENV-1"}, Review, NoTime),
    "wrong-schema": ({"C-SCH-1"}, WrongSchema, Wire),
    "wrong-area": ({"C-ARE-1"}, WrongArea, Wire),
    "serves-everyone": ({"C-ARE-1", "C-ARE-2"}, ServesEveryone, HearsEveryone),
    "bare-extension": ({"C-EXT-1"}, BareExtension, Wire),
    "unsigned": ({"C-SIG-1"}, Review, Unsigned),
    "ignores-gates": ({"C-CAS-2"}, IgnoresGates, Wire),
    "ignores-quota": ({"C-OFF-2"}, IgnoresQuota, Wire),
    "floats": ({"C-OFF-4"}, Floats, Wire),
    "never-corrected": ({"C-RET-2"}, NeverCorrected, Wire),
    "any-score-corrects": ({"C-RET-3"}, AnyScoreCorrects, Wire),
    "never-overdue": ({"C-RET-4"}, NeverOverdue, Wire),
    "ignores-withdrawal": ({"C-WDR-1"}, IgnoresWithdrawal, Wire),
    "forgets-early-withdrawal": ({"C-WDR-2"}, ForgetsEarlyWithdrawal, Wire),
    "last-counts": ({"C-ORD-1"}, LastCounts, Wire),
    "drops-early-scores": ({"C-ORD-2"}, DropsEarlyScores, Wire),
    "refuses-unknown-fields": ({"C-VER-1"}, RefusesUnknownFields, Wire),
    "acks-first": ({"C-RST-1"}, Review, AcksFirst),
    "believes-anybody": ({"C-FOR-1"}, Review, BelievesAnybody),
    "believes-the-name": ({"C-FOR-1"}, Review, BelievesTheName),
    "dies-on-poison": ({"C-POI-1"}, DiesOnPoison, Wire),
}
"""By name: the clauses that must fail, no more and no fewer, and the classes that break them. One is only slow."""


if __name__ == "__main__":
    _, review_, wire_ = BROKEN[sys.argv.pop(1)]
    main(review_, wire_)
