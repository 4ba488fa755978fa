"""Fields of a province's own in its facts about a case: `x-<province>-<name>`, carried on and never read.

They are no part of any contract and stand in no schema. Unknown fields of other names are ignored, as everywhere.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from shared.contracts.area import province_of

LIMIT = 8_000
"""Characters of JSON that are carried on with a case; ours, since every later fact about it repeats them."""


def extensions_of(fields: Mapping[str, Any], area: str) -> dict[str, Any]:
    """Of these fields those that the province of this area may call its own; none if they are too large together."""
    name = re.compile(rf"x-{province_of(area)}-[a-z0-9]+(-[a-z0-9]+)*")
    own = {key: value for key, value in fields.items() if name.fullmatch(key)}
    return own if not own or len(json.dumps(own, ensure_ascii=False)) <= LIMIT else {}
