"""C-FOR: what is said in the centre's name and not by the centre is not believed, and stops nobody."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from joserfc.jwk import OKPKey

from conformance.bench import Bench
from conformance.centre import Said, Sign, said
from conformance.signing import HEADER, kid_of, signed_with
from shared.contracts import ApplicationScored


async def forged(bench: Bench) -> None:
    """Every kind of forgery, each with a good scorecard behind it."""
    world, sign = bench.world, bench.centre.sign
    if sign is None:
        return
    round_ = await bench.open_round("FOR")
    for kind, forgery, card in _kinds(bench, round_, sign):
        bench.at_rest.append(partial(_led_to_nothing, bench, kind, card))
        await bench.centre.repeat([forgery])
        [case] = await bench.score(world.scored(round_))
        missing = await bench.missing([case])
        bench.verdicts.need(
            "C-FOR-2",
            not missing,
            f"一条伪造的消息（{kind}）之后未受理 {case}",
            f"after a forged message ({kind}) {case} did not open",
        )


def _kinds(bench: Bench, round_: str, sign: Sign) -> Iterator[tuple[str, Said, ApplicationScored]]:
    def true() -> tuple[Said, str, ApplicationScored]:
        card = bench.world.scored(round_)
        message = said(card)
        return message, sign(message), card

    stranger = OKPKey.generate_key("Ed25519")
    message, _, card = true()
    yield "unsigned", _with(message, ""), card
    message, signature, card = true()
    changed = message.body.replace(b'"total": "80.00"', b'"total": "90.00"')
    yield "a byte changed", _with(replace(message, body=changed), signature), card
    message, _, card = true()
    yield "a key that nobody registered", _with(message, signed_with(stranger, message, stranger.thumbprint())), card
    message, signature, card = true()
    named = signed_with(stranger, message, kid_of(signature))
    yield "another key under the centre's name", _with(message, named), card
    message, signature, card = true()
    yield "the signature of another message", _with(replace(said(card), body=message.body), signature), card


def _with(message: Said, signature: str) -> Said:
    """The message, with this in place of the centre's signature; empty: with none."""
    return replace(message, headers={**message.headers, HEADER: signature})


def _led_to_nothing(bench: Bench, kind: str, card: ApplicationScored) -> None:
    spoken = {one.event for one in bench.ledger.facts() if one.data.get("application") == card.application}
    bench.verdicts.hold(
        "C-FOR-1",
        not spoken,
        f"伪造的消息（{kind}）引出了 {sorted(spoken)}",
        f"a forged message ({kind}) led to {sorted(spoken)}",
    )
