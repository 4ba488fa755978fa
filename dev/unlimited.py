"""Settings for loads that all come from one machine: no budget per client, everything else as it is."""

from collections.abc import Mapping

UNLIMITED: Mapping[str, str] = {
    f"SIHAO_RATE_{name}": "1000000/second" for name in ("READ", "WRITE", "PUBLIC_READ", "PUBLIC_WRITE", "FAILED")
}
"""Environment of a service."""
