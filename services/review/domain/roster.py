"""An assignment in numbers: experts as bits, cases in the order of the seed, a post for every field a case asks for."""

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence

from services.review.domain.demand import Assignment, Demand, Limits, Reviewer, Seated, Task, conflicted
from services.review.domain.seating import Post, Seating, as_set, members, nth
from shared.contracts.area import province_of
from shared.kernel.canonical import digest


class Roster:
    """Who may take which post."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.reviewers = sorted(task.reviewers, key=lambda reviewer: reviewer.id)
        self.demands = sorted(task.demands, key=lambda demand: _sha256(task.seed, demand.case))
        self.wants = [want for number, demand in enumerate(self.demands) for want in _wants(number, demand)]
        """By post: number of the case, field, seats."""
        self.everybody = (1 << len(self.reviewers)) - 1
        """The set of all experts."""
        self._who = _Who(self.reviewers)
        self._posts_of: list[list[int]] = [[] for _ in self.demands]
        for post, (case, _, _) in enumerate(self.wants):
            self._posts_of[case].append(post)
        self._picked = [0] * len(self.demands)

    @property
    def ceilings(self) -> list[int]:
        """By expert, how many cases they may have."""
        return [reviewer.capacity for reviewer in self.reviewers]

    def start(self) -> Seating:
        """All seats, empty."""
        posts = [Post(case, self.allowed(post), seats) for post, (case, _, seats) in enumerate(self.wants)]
        return Seating(posts, [reviewer.load for reviewer in self.reviewers], self._pick)

    def allowed(self, post: int, *, limits: Limits | None = None, ties: bool = True, fields: bool = True) -> int:
        """The set of experts who may take this post; with other limits, or were it not for ties or fields."""
        case, field, _ = self.wants[post]
        demand = self.demands[case]
        found = self.knowing(field) if fields else self.everybody
        found &= ~self.too_near(demand, limits or self.task.limits)
        if ties:
            found &= ~self.tied(demand)
        return found & ~self.barred(demand)

    def too_near(self, demand: Demand, limits: Limits) -> int:
        """The set of experts from the chamber's province, where this matters."""
        if not limits.elsewhere or demand.case in limits.waived:
            return 0
        return self._who.live_in[province_of(demand.area)]

    def tied(self, demand: Demand) -> int:
        """The set of experts who have to stand aside."""
        known = self._who.tied_to.get(demand.chamber, ())
        return as_set(number for number in known if conflicted(self.reviewers[number], demand, self.task))

    def barred(self, demand: Demand) -> int:
        """The set of experts who sit there already, or have stood aside."""
        return as_set(self._who.number[one] for one in demand.barred if one in self._who.number)

    def knowing(self, field: str | None) -> int:
        """The set of experts who know a field; None: all."""
        return self.everybody if field is None else self._who.know[field]

    def name(self, post: int) -> tuple[str, str]:
        """Id of the post's case, and its field; "" for any."""
        case, field, _ = self.wants[post]
        return self.demands[case].case, field or ""

    def posts_of(self, case: int) -> list[int]:
        """The posts of a case, by its number."""
        return self._posts_of[case]

    def assignment(self, seating: Seating) -> Assignment:
        """The seats, by case and expert."""
        seats: dict[str, list[Seated]] = {demand.case: [] for demand in sorted(self.demands, key=lambda d: d.case)}
        for post, (case, field, _) in enumerate(self.wants):
            seats[self.demands[case].case] += [
                Seated(expert=self.reviewers[number].id, need=field) for number in members(seating.holders[post])
            ]
        final = {case: tuple(sorted(row, key=lambda seated: seated.expert)) for case, row in seats.items()}
        return Assignment(
            seats=final,
            loads={reviewer.id: load for reviewer, load in zip(self.reviewers, seating.loads, strict=True)},
            digest=digest({case: [[one.expert, one.need] for one in row] for case, row in final.items()}),
        )

    def _pick(self, post: int, experts: int) -> int:
        """One of these experts, by lot."""
        case = self.wants[post][0]
        self._picked[case] += 1
        lot = _sha256(self.task.seed, self.demands[case].case, str(self._picked[case]))
        return nth(experts, int.from_bytes(lot[:8], "big") % experts.bit_count())


class _Who:
    """The experts, as sets."""

    def __init__(self, reviewers: Sequence[Reviewer]) -> None:
        self.number: Mapping[str, int] = {reviewer.id: number for number, reviewer in enumerate(reviewers)}
        self.know: defaultdict[str, int] = defaultdict(int)
        self.live_in: defaultdict[str, int] = defaultdict(int)
        self.tied_to: defaultdict[str, list[int]] = defaultdict(list)
        for number, reviewer in enumerate(reviewers):
            self.live_in[province_of(reviewer.area)] |= 1 << number
            for field in reviewer.fields:
                self.know[field] |= 1 << number
            for code in dict.fromkeys(tie.code for tie in reviewer.ties):
                self.tied_to[code].append(number)


def _wants(number: int, demand: Demand) -> list[tuple[int, str | None, int]]:
    """The kinds of seats of a case."""
    needs = sorted((field, least) for field, least in demand.needs.items() if least > 0)
    rest = demand.wanted - sum(least for _, least in needs)
    return [*((number, field, least) for field, least in needs), *([(number, None, rest)] if rest > 0 else [])]


def _sha256(*words: str) -> bytes:
    return hashlib.sha256("|".join(words).encode()).digest()
