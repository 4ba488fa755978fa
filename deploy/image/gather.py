"""Puts together what one image holds of the project: a service and what it stands on, never another service.

`python gather.py IMAGE FROM TO`, in the stage `code` of the Dockerfile.
"""

import shutil
import sys
from pathlib import Path

SERVICES = ("intake", "scoring", "review", "notify")
_BASE = ("services/__init__.py", "shared")
PARTS = {
    **{name: (*_BASE, f"services/{name}") for name in SERVICES},
    "sihao": (*_BASE, *(f"services/{name}" for name in SERVICES), "sihao", "conformance"),
    "demo": ("services", "shared", "sihao", "conformance", "demo", "dev"),
}
"""Files and folders of the project, by image."""


def main(image: str, source: Path, target: Path) -> None:
    """Copy the parts of `image`.

    Raises:
        SystemExit: there is no such image.
    """
    if image not in PARTS:
        sys.exit(f"SERVICE={image}：没有此镜像，应为其一 / no such image, one of: {', '.join(PARTS)}")
    for part in (*PARTS[image], "LICENSE"):
        found = source / part
        (target / part).parent.mkdir(parents=True, exist_ok=True)
        if found.is_dir():
            shutil.copytree(found, target / part)
        else:
            shutil.copy(found, target / part)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
