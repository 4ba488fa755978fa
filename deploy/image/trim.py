"""Takes away from a root file system what a running service never needs: pip, build files, caches, documentation.

`python trim.py`, in the stage `system` of the Dockerfile only. What is left is the same for every image.
"""

import shutil
import site
import sysconfig
from pathlib import Path

_STDLIB = Path(sysconfig.get_path("stdlib"))
_SITES = [*map(Path, site.getsitepackages()), Path(sysconfig.get_path("purelib"))]
_INSTALLERS = ("pip", "setuptools", "wheel", "_distutils_hack", "pkg_resources", "easy_install")
_STDLIB_PARTS = ("ensurepip", "idlelib", "lib2to3", "pydoc_data", "test", "tkinter", "turtledemo")
_PLACES = (
    *("/usr/share/python-wheels", "/usr/share/doc", "/usr/share/info", "/usr/share/man", "/usr/share/locale"),
    *("/usr/share/lintian", "/usr/include", "/usr/local/include", "/usr/share/perl5", "/root/.cache"),
    *("/var/cache", "/var/log", "/var/lib/apt", "/tmp", "/var/tmp"),
)
_COMMANDS = ("pip*", "wheel*", "easy_install*", "idle*", "pydoc*", "2to3*", "*-config")


def main() -> None:
    """Remove everything named above, as far as it is there."""
    for folder in _SITES:
        for name in _INSTALLERS:
            for found in (*folder.glob(name), *folder.glob(f"{name}-*"), *folder.glob(f"{name}.*")):
                _remove(found)
    for name in _STDLIB_PARTS:
        _remove(_STDLIB / name)
    for found in (*_STDLIB.glob("config-*"), *Path("/usr").rglob("*.a"), *Path("/usr").rglob("__pycache__")):
        _remove(found)
    for folder in ("/usr/bin", "/usr/local/bin"):
        for pattern in _COMMANDS:
            for found in Path(folder).glob(pattern):
                _remove(found)
    for place in map(Path, _PLACES):
        if place.is_dir():
            for found in place.iterdir():
                _remove(found)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


if __name__ == "__main__":
    main()
