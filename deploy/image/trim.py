"""Takes away from a root file system what a running service never needs: pip, build files, caches, documentation.

`python trim.py`, in the stage `system` of the Dockerfile only. What is left is the same for every image.
"""

import compileall
import py_compile
import shutil
import site
import sysconfig
from collections.abc import Iterator
from pathlib import Path

_STDLIB = Path(sysconfig.get_path("stdlib"))
_SITES = [*map(Path, site.getsitepackages()), Path(sysconfig.get_path("purelib"))]
_INSTALLERS = ("pip", "setuptools", "wheel", "_distutils_hack", "pkg_resources", "easy_install")
_STDLIB_PARTS = ("ensurepip", "idlelib", "lib2to3", "pydoc_data", "test", "tkinter", "turtledemo")
_PLACES = (
    *("/usr/share/python-wheels", "/usr/share/doc", "/usr/share/info", "/usr/share/man", "/usr/share/locale"),
    *("/usr/share/lintian", "/usr/include", "/usr/local/include", "/usr/share/perl5", "/root/.cache"),
    *("/var/cache", "/var/log", "/var/lib/apt", "/tmp", "/var/tmp"),  # noqa: S108 - emptied, not used
)
_COMMANDS = ("pip*", "wheel*", "easy_install*", "idle*", "pydoc*", "2to3*", "*-config")


def main() -> None:
    """Remove everything named above, as far as it is there, and compile what is left of the standard library."""
    for path in [*_installers(), *_parts(), *_commands(), *_contents()]:
        _remove(path)
    # Byte code that is good whatever the times: those of the sources are set afterwards.
    unchecked = py_compile.PycInvalidationMode.UNCHECKED_HASH
    compileall.compile_dir(_STDLIB, force=True, quiet=2, invalidation_mode=unchecked)


def _installers() -> Iterator[Path]:
    for folder in _SITES:
        for name in _INSTALLERS:
            for pattern in (name, f"{name}-*", f"{name}.*"):
                yield from folder.glob(pattern)


def _parts() -> Iterator[Path]:
    yield from (_STDLIB / name for name in _STDLIB_PARTS)
    yield from _STDLIB.glob("config-*")
    yield from Path("/usr").rglob("*.a")


def _commands() -> Iterator[Path]:
    for folder in ("/usr/bin", "/usr/local/bin"):
        for pattern in _COMMANDS:
            yield from Path(folder).glob(pattern)


def _contents() -> Iterator[Path]:
    for place in map(Path, _PLACES):
        if place.is_dir():
            yield from place.iterdir()


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


if __name__ == "__main__":
    main()
