"""The rubric as told to rules engines decides as we do: without that a benchmark would mean nothing."""

import subprocess

from bench.contenders import PEERS_PYTHON


def test_the_engines_decide_as_we_do():
    command = [str(PEERS_PYTHON), "-m", "bench.engines", "--seed", "7", "--rounds", "0", "--count", "60"]
    found = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own program
    assert found.returncode == 0, found.stderr
