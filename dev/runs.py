"""One directory per run under `.local/`, and the removal of what earlier runs left there."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import mkdtemp

PROJECT = Path(__file__).resolve().parent.parent
LOCAL = PROJECT / ".local"

_LOGS = "logs"


@contextmanager
def run_directory(kind: str, *, local: Path = LOCAL) -> Iterator[Path]:
    """A fresh directory of our own, `.local/<kind>-<time>-<letters>`; when it closes, only its `logs` are left.

    It is locked while it is open; that is how other runs know to leave it alone. What a killed run left behind is
    removed by the next one, which also removes the logs of all but the newest five.
    """
    local.mkdir(parents=True, exist_ok=True)
    started = datetime.now().astimezone().strftime("%Y%m%d-%H%M%S")
    directory = Path(mkdtemp(prefix=f"{kind}-{started}-", dir=local))
    with _locked(directory) as ours:
        if not ours:
            raise OSError(f"{directory} 被他人锁定 / is locked by somebody else")
        _tidy(local, kind)
        try:
            yield directory
        finally:
            _remove_all_but_logs(directory)


def _tidy(local: Path, kind: str, *, keep: int = 5) -> None:
    """Remove what runs that are over have left, and all of the runs before the newest `keep`."""
    for age, directory in enumerate(sorted(local.glob(f"{kind}-*"), reverse=True)):
        with _locked(directory) as is_over:
            if is_over and age > keep:
                shutil.rmtree(directory, ignore_errors=True)
            elif is_over:
                _remove_all_but_logs(directory)


@contextmanager
def _locked(directory: Path) -> Iterator[bool]:
    """Hold the directory's lock; false if somebody else does, or has removed the directory."""
    try:
        handle = os.open(directory, os.O_RDONLY)
    except FileNotFoundError:
        yield False
        return
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        yield False
    else:
        yield True
    finally:
        os.close(handle)


def _remove_all_but_logs(directory: Path) -> None:
    for entry in directory.iterdir():
        if entry.name == _LOGS:
            continue
        if entry.is_dir():
            shutil.rmtree(entry, ignore_errors=True)
        else:
            entry.unlink(missing_ok=True)
