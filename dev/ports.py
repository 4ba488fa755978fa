"""Free TCP ports on loopback."""

import random
import socket

LOOPBACK = "127.0.0.1"

# Below the ports which systems hand out to outgoing connections, so that none of those takes ours before we listen.
_RANGE = range(20_000, 32_000)
_TRIES = 1_000
_dice = random.SystemRandom()
_handed_out: set[int] = set()


def free_port() -> int:
    """A port nobody listens on now, and that this process has not handed out before."""
    for port in _dice.sample(_RANGE, k=_TRIES):
        if port not in _handed_out and _is_free(port):
            _handed_out.add(port)
            return port
    raise OSError(f"本机没有空闲端口 / no free port on {LOOPBACK} between {_RANGE.start} and {_RANGE.stop}")


def _is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True
