"""`python -m chaos.launcher services.intake`: that service, with points to die at, and as a mutant if asked.

`CHAOS_POINTS` names the directory in which points are armed, `CHAOS_MUTANT` the mutant, if any; `CHAOS_DETOURS` maps
ports of the store to those of its wires, as JSON.
"""

import json
import os
import runpy
import sys
from pathlib import Path

from chaos.detour import detour
from chaos.mutants import MUTANTS
from chaos.points import Points


def main() -> None:
    """Wrap the runtime, then become the service."""
    module = sys.argv[1]
    detour({int(port): wire for port, wire in json.loads(os.environ["CHAOS_DETOURS"]).items()})
    Points(Path(os.environ["CHAOS_POINTS"])).wrap()
    if mutant := os.environ.get("CHAOS_MUTANT"):
        MUTANTS[mutant].apply()
    sys.argv = [module]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
