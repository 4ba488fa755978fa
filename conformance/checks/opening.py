"""C-CAS, C-ARE-2: which applications are taken up, and how that is announced."""

from conformance.bench import DECLINED, OPENED, Bench, same
from shared.contracts import ApplicationScored


async def opening(bench: Bench) -> None:
    """Cases of all three levels, one that fails at a gate, and one of another province."""
    world, verdicts = bench.world, bench.verdicts
    round_ = await bench.open_round("CAS")
    stranger = world.scored(round_, area=world.elsewhere)
    barred = world.scored(round_, failed=True)
    await bench.score(stranger, barred)
    bench.at_rest.append(lambda: _stays_away(bench, stranger))

    cards = [world.scored(round_) for _ in range(3)]
    for case, card in zip(await bench.opens(*cards), cards, strict=True):
        _is_as_heard(bench, case, card)
        bench.once("C-CAS-1", case, OPENED)

    case = world.case(barred)
    declined = await bench.comes(case, DECLINED)
    codes = [one.data.get("code") for one in declined]
    verdicts.hold(
        "C-CAS-2", codes == ["gate"], f"{case}：{DECLINED} 的 code 为 {codes}", f"{case}: codes of {DECLINED}: {codes}"
    )
    bench.once("C-CAS-2", case, OPENED, times=0)


def _is_as_heard(bench: Bench, case: str, card: ApplicationScored) -> None:
    opened = bench.ledger.about(case, OPENED)[0].data
    sent = card.model_dump(mode="json")
    wrong = [name for name in ("application", "round", "chamber") if not same(sent[name], opened.get(name))]
    wrong += [name for name in ("revision", "sequence") if opened.get(name) not in (None, sent[name])]
    bench.verdicts.hold(
        "C-CAS-1", not wrong, f"{case}：与所听到的不同：{wrong}", f"{case}: not as it was heard: {wrong}"
    )


def _stays_away(bench: Bench, stranger: ApplicationScored) -> None:
    spoken = {one.event for one in bench.ledger.facts() if one.data.get("application") == stranger.application}
    bench.verdicts.hold(
        "C-ARE-2",
        not spoken,
        f"外省申报 {stranger.application} 引出了 {sorted(spoken)}",
        f"another province's application {stranger.application} led to {sorted(spoken)}",
    )
