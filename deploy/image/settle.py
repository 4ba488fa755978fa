"""Makes a tree the same bytes wherever and whenever it was made: modes, byte code, times.

`python settle.py FOLDER…`. Times are those of SOURCE_DATE_EPOCH (reproducible-builds.org), in seconds.
"""

import compileall
import os
import py_compile
import stat
import sys
from pathlib import Path

_FOLDER, _PROGRAM, _FILE = 0o755, 0o755, 0o644


def compile_all(folder: Path) -> None:
    """Byte code beside each module, known to be good without a look at its time: the file system is read only."""
    unchecked = py_compile.PycInvalidationMode.UNCHECKED_HASH
    compileall.compile_dir(folder, quiet=2, stripdir=str(folder), prependdir="/", invalidation_mode=unchecked)


def settle(folder: Path, epoch: int) -> None:
    """Modes as if the umask had been 022, and times of that instant."""
    for parent, folders, files in os.walk(folder, topdown=False):
        for name in (*folders, *files):
            path = Path(parent, name)
            mode = path.lstat().st_mode
            if stat.S_ISREG(mode):
                path.chmod(_PROGRAM if mode & stat.S_IXUSR else _FILE)
            elif stat.S_ISDIR(mode):
                path.chmod(_FOLDER)
            os.utime(path, (epoch, epoch), follow_symlinks=False)
    folder.chmod(_FOLDER)
    os.utime(folder, (epoch, epoch))


if __name__ == "__main__":
    for given in map(Path, sys.argv[1:]):
        compile_all(given)
        settle(given, int(os.environ.get("SOURCE_DATE_EPOCH", "0")))
