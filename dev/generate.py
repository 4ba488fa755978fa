"""`python -m dev.generate`: schemas, AsyncAPI, OpenAPI, catalogue, access, metrics, a province's contract, dashboards.

Without an option it writes what has changed, and refuses an incompatible change of a contract. With `--check` it writes
nothing; it exits 1 and names what has drifted.
"""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from dev import dashboards
from dev.generated import (
    access,
    alerts,
    asyncapi,
    catalogue,
    configuration,
    metrics,
    openapi,
    province_contract,
    schemas,
)
from dev.generated.compatibility import breaches
from dev.generated.services import described
from shared.contracts import CATALOGUE

ROOT = Path(__file__).parent.parent
_RULE = """\
同一版本内只能新增选填字段。其他改动请另立新版本（新的类，version = 2），与旧版本并存。
Inside a version only optional fields may be added. Anything else is a new version (a new class with version = 2)
beside the old one. A contract that nobody listens to any more is retired by deleting its schema and examples in the
same change; one that was never released is frozen anew by deleting its schema first."""


def artefacts() -> dict[Path, str]:
    """Every generated file, by its path in the project."""
    services = described()
    return {
        **schemas.documents(CATALOGUE),
        **asyncapi.documents(services),
        **openapi.documents(services),
        **catalogue.documents(CATALOGUE, [service.table for service in services]),
        **access.documents(services),
        **alerts.documents(ROOT),
        **configuration.documents(),
        **metrics.documents(),
        **dashboards.documents(),
        **province_contract.documents(),
    }


def broken_contracts(root: Path, wanted: Mapping[Path, str]) -> list[str]:
    """What would break a frozen contract: one line per file and rule."""
    lines = []
    for path in sorted((root / schemas.SCHEMAS).glob("*.json")):
        relative = path.relative_to(root)
        if relative not in wanted:
            lines.append(f"{relative}: 契约已不在目录中 / its event is no longer in the catalogue")
            continue
        found = breaches(json.loads(path.read_text(encoding="utf-8")), json.loads(wanted[relative]))
        lines += [f"{relative}: {breach}" for breach in found]
    return lines


def drifted(root: Path, wanted: Mapping[Path, str]) -> list[Path]:
    """Generated files that are missing, differ, or should not be there any more."""
    changed = [
        path for path, text in wanted.items() if not (root / path).is_file() or (root / path).read_text() != text
    ]
    return sorted([*changed, *(stale(root, wanted))])


def _text(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None


def stale(root: Path, wanted: Mapping[Path, str]) -> list[Path]:
    """Generated files of services that no longer exist."""
    found = [path for place in (asyncapi.PLACE, openapi.PLACE) for path in (root / place).glob("*")]
    return [path.relative_to(root) for path in found if path.relative_to(root) not in wanted]


def write(root: Path, wanted: Mapping[Path, str]) -> list[Path]:
    """Bring the files up to date; answers those that changed."""
    changed = drifted(root, wanted)
    for path in changed:
        if path in wanted:
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(wanted[path], encoding="utf-8")
        else:
            (root / path).unlink()
    return changed


def main(arguments: Sequence[str] | None = None, root: Path = ROOT) -> int:
    """0: up to date or written; 1: drifted (`--check`), or a contract would break."""
    parser = argparse.ArgumentParser(prog="python -m dev.generate", description=__doc__.partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="只检查，不写入 / write nothing, name what has drifted")
    options = parser.parse_args(arguments)
    wanted = artefacts()
    if broken := broken_contracts(root, wanted):
        print("契约不兼容，未写入任何文件 / incompatible contracts, nothing was written:", file=sys.stderr)
        print(*broken, _RULE, sep="\n", file=sys.stderr)
        return 1
    if options.check:
        for path in (changed := drifted(root, wanted)):
            print(f"{path}: 与代码不一致，请运行 make docs / has drifted from the code; run make docs", file=sys.stderr)
        return 1 if changed else 0
    for path in write(root, wanted):
        print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
