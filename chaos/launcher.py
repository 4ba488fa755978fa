"""`python -m chaos.launcher services.intake`: that service, with points to die at, and as a mutant if asked.

`CHAOS_POINTS` names the directory in which points are armed, `CHAOS_MUTANT` the mutant, if any; `CHAOS_DETOURS` maps
ports of the store to those of its wires, as JSON. Without a module it is the nursery: it has imported all services and
forks one for every order that comes in (see `chaos/nursery.py`).
"""

import ctypes
import gc
import importlib
import json
import os
import runpy
import selectors
import signal
import socket
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from chaos.detour import detour
from chaos.mutants import MUTANTS
from chaos.points import Points

_SERVICES = ("intake", "scoring", "review", "notify")
_PIECE = 65_536
_PARENT_DEATH_SIGNAL = 1
"""`PR_SET_PDEATHSIG`, prctl(2)."""


def become(module: str) -> None:
    """Wrap the runtime, then be the service."""
    detour({int(port): wire for port, wire in json.loads(os.environ["CHAOS_DETOURS"]).items()})
    Points(Path(os.environ["CHAOS_POINTS"])).wrap()
    if mutant := os.environ.get("CHAOS_MUTANT"):
        MUTANTS[mutant].apply()
    sys.argv = [module]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def nurse() -> None:
    """Fork a service for every order, and say who has ended; until nobody orders any more."""
    for service in _SERVICES:
        importlib.import_module(f"services.{service}.app")
    gc.collect()
    gc.freeze()
    woken, waker = socket.socketpair()
    waker.setblocking(False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(waker.fileno())
    ready = selectors.DefaultSelector()
    ready.register(sys.stdin, selectors.EVENT_READ)
    ready.register(woken, selectors.EVENT_READ)
    _say(ready=os.getpid())
    read = b""
    while True:
        for key, _ in ready.select():
            if key.fileobj is woken:
                woken.recv(_PIECE)
                _tell_who_has_ended()
            elif piece := os.read(0, _PIECE):
                *orders, read = (read + piece).split(b"\n")
                for order in orders:
                    _fork(json.loads(order), (woken, waker))
            else:
                return


def _fork(order: dict[str, Any], sockets: tuple[socket.socket, socket.socket]) -> None:
    if pid := os.fork():
        _lead(pid)
        _say(name=order["name"], pid=pid)
        return
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for one in sockets:
        one.close()
    _lead(os.getpid())
    with suppress(AttributeError):  # only Linux can have it killed with the nursery
        ctypes.CDLL(None).prctl(_PARENT_DEATH_SIGNAL, signal.SIGKILL)
    nothing, log = os.open(os.devnull, os.O_RDONLY), os.open(order["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    for here, there in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(here, there)
    os.nice(order["niceness"])
    os.environ.clear()
    os.environ.update(order["env"])
    become(order["module"])
    sys.exit()


def _lead(pid: int) -> None:
    """Give it a process group of its own; parent and child both, so that it has one whoever looks first."""
    with suppress(ProcessLookupError, PermissionError):
        os.setpgid(pid, pid)


def _tell_who_has_ended() -> None:
    with suppress(ChildProcessError):
        while (found := os.waitpid(-1, os.WNOHANG))[0]:
            _say(ended=found[0])


def _say(**what: Any) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    become(sys.argv[1]) if sys.argv[1:] else nurse()
