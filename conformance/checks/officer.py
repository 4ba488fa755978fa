"""C-OFF: officers decide, the list is sealed under the quota, cases are nominated."""

from conformance.bench import DECLINED, NOMINATED, Bench, points, same
from conformance.ledger import Heard
from shared.contracts import ApplicationScored

_QUOTA = 2
_TOTALS = ("91.25", "83.50", "72.00", "64.10")


async def officers(bench: Bench) -> None:
    """The whole way to a nomination: four pass, one is declined, two are within the quota."""
    if not bench.drivable:
        return
    round_ = await bench.open_round("OFF", quota=_QUOTA)
    cards = [bench.world.scored(round_, total=total) for total in _TOTALS]
    turned_down = bench.world.scored(round_)
    *passed, down = await bench.opens(*cards, turned_down)
    await bench.passes(*passed, clause="C-OFF-2")
    bench.done("C-OFF-1", await bench.driving.declined(down), "decline")
    codes = [one.data.get("code") for one in await bench.comes(down, DECLINED)]
    bench.verdicts.hold(
        "C-OFF-1",
        codes == ["officer"],
        f"{down}：{DECLINED} 的 code 为 {codes}",
        f"{down}: codes of {DECLINED}: {codes}",
    )
    bench.once("C-OFF-1", down, DECLINED)
    sealed = await bench.seals(round_, clause="C-OFF-2")
    bench.once("C-OFF-2", sealed.about, sealed.event)
    by_case = dict(zip(passed, cards, strict=True))
    _list_is_right(bench, sealed, by_case)
    for entry in sealed.data.get("entries", []):
        if entry.get("case") in by_case:
            await _follows(bench, entry, by_case[entry["case"]])


def _list_is_right(bench: Bench, sealed: Heard, cards: dict[str, ApplicationScored]) -> None:
    entries = sealed.data.get("entries", [])
    hold = bench.verdicts.hold
    listed = sorted(str(entry.get("case")) for entry in entries)
    hold(
        "C-OFF-2",
        listed == sorted(cards),
        f"名单应含通过的 {len(cards)} 件各一次，实为 {listed}",
        f"the list should name the {len(cards)} passed cases once each, it names {listed}",
    )
    ranks = sorted(entry.get("rank", 0) for entry in entries)
    hold(
        "C-OFF-2",
        ranks == list(range(1, len(ranks) + 1)),
        f"名次应自 1 起连续，实为 {ranks}",
        f"ranks should run from 1 without gaps, they are {ranks}",
    )
    nominated = sum(bool(entry.get("nominated")) for entry in entries)
    hold(
        "C-OFF-2",
        0 < nominated <= _QUOTA and sealed.data.get("quota") == _QUOTA,
        f"名额 {_QUOTA}，名单写 {sealed.data.get('quota')}，推荐 {nominated} 件",
        f"the quota is {_QUOTA}; the list says {sealed.data.get('quota')} and nominates {nominated}",
    )
    wrong = [
        entry["case"]
        for entry in entries
        if entry.get("case") in cards and points(entry.get("points")) != cards[entry["case"]].score.total
    ]
    hold("C-OFF-2", not wrong, f"得分与评分不同：{wrong}", f"points are not those of the scorecard: {wrong}")


async def _follows(bench: Bench, entry: dict[str, object], card: ApplicationScored) -> None:
    """What the list says of a case comes true for it."""
    case = str(entry["case"])
    if not entry.get("nominated"):
        codes = [one.data.get("code") for one in await bench.comes(case, DECLINED)]
        bench.verdicts.hold(
            "C-OFF-3",
            codes == ["quota"],
            f"{case} 在名额之外，{DECLINED} 的 code 为 {codes}",
            f"{case} is outside the quota; codes of {DECLINED}: {codes}",
        )
        bench.once("C-OFF-3", case, NOMINATED, times=0)
        return
    nominated = await bench.comes(case, NOMINATED)
    bench.verdicts.need("C-OFF-3", nominated, f"{case} 没有 {NOMINATED}", f"no {NOMINATED} for {case}")
    said = nominated[0].data
    bench.verdicts.hold(
        "C-OFF-3",
        (said.get("rank"), said.get("quota")) == (entry.get("rank"), _QUOTA),
        f"{case}：名次 {said.get('rank')}、名额 {said.get('quota')}，名单上为 {entry.get('rank')}、{_QUOTA}",
        f"{case}: rank {said.get('rank')}, quota {said.get('quota')}; on the list {entry.get('rank')}, {_QUOTA}",
    )
    bench.once("C-OFF-3", case, NOMINATED)
    _carries(bench, nominated[0], card)


def rests_on(bench: Bench, clause: str, nominated: Heard, card: ApplicationScored) -> None:
    """A nomination rests on this scorecard and no other."""
    found = nominated.data.get("score", {}).get("digest")
    bench.verdicts.hold(
        clause,
        found == card.score.digest,
        f"{nominated.about} 依据的不是 sequence {card.sequence} 的评分",
        f"{nominated.about} does not rest on the scorecard of sequence {card.sequence}",
    )


def _carries(bench: Bench, nominated: Heard, card: ApplicationScored) -> None:
    """A nomination carries its scorecard, to the letter."""
    sent = card.model_dump(mode="json")
    wrong = [name for name in ("score", "evidence") if not same(sent[name], nominated.data.get(name, []))]
    bench.verdicts.hold(
        "C-OFF-4",
        not wrong,
        f"{nominated.about}：{wrong} 与 sequence {card.sequence} 的评分不同",
        f"{nominated.about}: {wrong} differ from the scorecard of sequence {card.sequence}",
    )
