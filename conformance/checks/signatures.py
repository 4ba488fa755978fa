"""C-SIG: detached JWS over the exact body, and a protected header that repeats what travels beside (RFC 7515, F)."""

import base64

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from conformance.bench import Bench
from conformance.ledger import Heard
from conformance.signing import ALGORITHM, HEADER, TYPE, Registry, protected

_BESIDE = {"id": "ce-id", "event": "ce-type", "source": "ce-source", "time": "ce-time"}


def signatures(bench: Bench, keys: KeySet) -> None:
    """Every message, under the keys that were given."""
    for one in bench.ledger.heard:
        why = unverified(one, keys)
        bench.verdicts.hold("C-SIG-1", not why, f"{one.event} {one.id}：{why}", f"{one.event} {one.id}: {why}")
        if why:
            continue
        stated = protected(str(one.headers[HEADER]))
        wrong = [name for name, header in _BESIDE.items() if stated.get(name) != one.headers.get(header)]
        wrong += [n for n, v in (("alg", ALGORITHM), ("typ", TYPE)) if stated.get(n) != v]
        bench.verdicts.hold(
            "C-SIG-2",
            not wrong,
            f"{one.event} {one.id}：受保护头 {wrong} 不符",
            f"{one.event}: protected {wrong} differ",
        )


def unverified(one: Heard, keys: KeySet) -> str:
    """Why a message's signature does not hold; empty if it does."""
    value = one.headers.get(HEADER)
    if not isinstance(value, str):
        return f"没有消息头 {HEADER} / no header {HEADER}"
    head, _, rest = value.partition(".")
    payload, _, signature = rest.partition(".")
    if payload:
        return "不是分离式 JWS / not a detached JWS"
    body = base64.urlsafe_b64encode(one.body).rstrip(b"=").decode()
    try:
        jws.deserialize_compact(f"{head}.{body}.{signature}", keys, registry=Registry())
    except (JoseError, ValueError) as error:
        return f"签名不符 / the signature does not hold ({type(error).__name__})"
    return ""
