"""A draw 抽签 of experts: the seed is promised and the pool frozen first; told afterwards, the seed decides.

    committed ──reveal──► revealed

Until the seed is told nobody here can know the result; once the pool is frozen nobody can change it.
"""

from collections.abc import Sequence
from datetime import datetime

from pydantic import Field

from services.review.domain.drawing import Entry, commitment, draw, joined_seed, order, pool_hash, shortage
from shared.contracts.area import Area, province_of
from shared.contracts.event import Instant, Sha256
from shared.contracts.text import Text
from shared.kernel.actor import Actor
from shared.kernel.change import Change, Refused
from shared.kernel.command import Command, exists, missing, refused
from shared.kernel.problem import Problem, problem
from shared.kernel.state import State

SHORTEST = 32
"""Characters that a part of the seed has at the least: who could try all shorter ones would know a sealed part by its
hash, and could choose their own to suit. Our default."""


class Draw(State):
    """A draw, promised or done."""

    id: str
    """`<round>@<jurisdiction>-<number>`."""
    round: str
    """Code of the round."""
    jurisdiction: Area
    """Whose draw."""
    purpose: Text
    """What it is for."""
    commitments: tuple[Sha256, ...]
    """The SHA-256 of every part of the seed, in order."""
    pool: tuple[Entry, ...]
    """Who may be drawn, by id, as frozen."""
    pool_hash: Sha256
    """The digest of the pool."""
    aside: int
    """How many were left out of the pool because they have to stand aside."""
    count: int
    """How many are drawn."""
    strata: dict[str, int]
    """Of which province at least how many."""
    field: str | None
    """What everybody in the pool knows; None: anything."""
    cases: tuple[str, ...]
    """In which cases nobody in the pool had to stand aside."""
    committed: Instant
    """When the seed was promised and the pool frozen."""
    committed_by: Actor
    """By whom."""
    seeds: tuple[str, ...] = ()
    """The parts of the seed, once they are told."""
    drawn: tuple[str, ...] = ()
    """Who is drawn, in order."""
    order: tuple[str, ...] = ()
    """The whole pool in order: who declines is replaced by the next."""
    revealed: Instant | None = None
    """When the seed was told."""


class Commit(Command):
    """Promise a seed and freeze the pool."""

    id: str
    round: str
    jurisdiction: Area
    purpose: Text
    commitments: tuple[Sha256, ...] = Field(min_length=1)
    count: int = Field(ge=1)
    strata: dict[str, int]
    field: str | None = None
    """What they must know."""
    cases: tuple[str, ...] = ()
    """In which cases none of them has to stand aside."""
    pool: tuple[Entry, ...] = Field(exclude=True)
    aside: int = Field(exclude=True)


class Reveal(Command):
    """Tell the seed, part by part in the order of the promises."""

    seeds: tuple[str, ...]


def commit(known: Draw | None, command: Commit, now: datetime) -> Change[Draw]:
    """Freeze the pool under the promised seed.

    Raises:
        Refused: there is such a draw, two promises are the same, a stratum is no province, or the pool cannot give so
            many.
    """
    if known is not None:
        raise exists("draw", known.id, "抽签", "draw")
    if len(set(command.commitments)) < len(command.commitments):
        raise refused(
            "draw.same-commitment",
            "commitments",
            rule=("各方的承诺值不得相同。", "No two parties may promise the same."),
            remedy=("请各方各自另选种子。", "Let each party choose a seed of its own."),
        )
    pool = tuple(sorted(command.pool, key=lambda entry: entry.id))
    _require_enough(pool, command)
    return Change(
        Draw(
            id=command.id,
            round=command.round,
            jurisdiction=command.jurisdiction,
            purpose=command.purpose,
            commitments=command.commitments,
            pool=pool,
            pool_hash=pool_hash(pool),
            aside=command.aside,
            count=command.count,
            strata=command.strata,
            field=command.field,
            cases=command.cases,
            committed=now,
            committed_by=command.by,
        )
    )


def reveal(known: Draw | None, command: Reveal, now: datetime) -> Change[Draw] | None:
    """Draw from the frozen pool; None if the same seed was told before.

    Raises:
        Refused: a part of the seed is not what was promised, or is too short.
    """
    if known is None:
        raise missing("draw", "", "该抽签", "such draw")
    if known.seeds == command.seeds:
        return None
    problems = [_not_promised(known, part) for part in _broken_promises(known.commitments, command.seeds)]
    problems += [_too_short(part, seed) for part, seed in enumerate(command.seeds) if len(seed) < SHORTEST]
    if problems:
        raise Refused(*problems)
    return Change(told(known, command.seeds, now))


def told(promised: Draw, seeds: tuple[str, ...], at: datetime | None) -> Draw:
    """The draw once these are the parts of its seed."""
    seed = joined_seed(seeds)
    return promised.but(
        seeds=seeds,
        drawn=draw(promised.pool, seed, promised.count, promised.strata),
        order=tuple(entry.id for entry in order(promised.pool, seed)),
        revealed=at,
    )


def _broken_promises(commitments: Sequence[Sha256], seeds: Sequence[str]) -> list[int]:
    """Which parts are missing, too many, or not those whose hash was given."""
    parts = range(max(len(commitments), len(seeds)))
    kept = [commitment(seed) == promised for seed, promised in zip(seeds, commitments, strict=False)]
    return [part for part in parts if part >= len(kept) or not kept[part]]


def _not_promised(known: Draw, part: int) -> Problem:
    promised = known.commitments[part] if part < len(known.commitments) else "—"
    return problem(
        "draw.seed",
        f"seeds.{part}",
        rule=(
            f"种子须与承诺值相符：SHA-256 应为 {promised}。",
            f"The seed must be the promised one: its SHA-256 has to be {promised}.",
        ),
        remedy=(
            f"请按承诺的次序逐字填写全部 {len(known.commitments)} 段种子，注意空格与换行。",
            f"Give all {len(known.commitments)} parts in the order of the promises, letter by letter; mind the spaces.",
        ),
    )


def _too_short(part: int, seed: str) -> Problem:
    return problem(
        "draw.seed-short",
        f"seeds.{part}",
        rule=(
            f"每段种子不少于 {SHORTEST} 个字符，此段只有 {len(seed)} 个：过短的种子可由其哈希试出。",
            f"A part has {SHORTEST} characters or more. This one has {len(seed)}: its hash gives it away.",
        ),
        remedy=(
            f"此次抽签作废。请各方另选 {SHORTEST} 个以上随机字符（如 openssl rand -hex 16），以下一序号重抽。",
            f"This draw is void. Choose {SHORTEST} random characters each (openssl rand -hex 16), and draw anew.",
        ),
    )


def _require_enough(pool: Sequence[Entry], command: Commit) -> None:
    lacking = shortage(pool, command.count, command.strata)
    problems = [
        problem(
            "draw.pool",
            f"strata.{where}" if where else "count",
            rule=(
                f"{f'{where} 的' if where else ''}可抽专家尚缺 {more} 名。",
                f"The pool{f' of {where}' if where else ''} lacks {more} experts.",
            ),
            remedy=("请补充专家库，或减少抽取人数。", "Enrol more experts, or draw fewer."),
        )
        for where, more in lacking.items()
    ]
    problems += [
        problem(
            "draw.stratum",
            f"strata.{area}",
            rule=(f"名额按省规定，{area} 不是省。", f"Strata are provinces; {area} is none."),
            remedy=("请填写省级地区代码，例如 35。", "Give the code of a province, such as 35."),
        )
        for area in command.strata
        if area != province_of(area)
    ]
    if (least := sum(command.strata.values())) > command.count:
        problems.append(
            problem(
                "draw.strata",
                "strata",
                rule=(
                    f"各地名额合计 {least}，多于抽取人数 {command.count}。",
                    f"The strata ask for {least}, the draw for {command.count}.",
                ),
                remedy=("请减少各地名额，或增加抽取人数。", "Ask for fewer of each, or draw more."),
            )
        )
    if problems:
        raise Refused(*problems)
