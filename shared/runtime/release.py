"""Which release this is, and which contracts it speaks: what two services compare to know whether they fit."""

import hashlib
from functools import cache
from pathlib import Path

RELEASE = "0.1.0"
"""The release of the platform; the same as in `pyproject.toml`."""
_SCHEMAS = Path(__file__).parents[1] / "contracts" / "schemas"


@cache
def contracts_digest() -> str:
    """A short digest over all frozen schemas: the same on both sides means the same events, field by field."""
    digest = hashlib.sha256()
    for path in sorted(_SCHEMAS.glob("*.json")):
        digest.update(path.name.encode() + b"\n" + path.read_bytes())
    return digest.hexdigest()[:16]
