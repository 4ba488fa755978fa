"""The example of the documentation, as it stands there, signs what our services believe."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.serialization import load_pem_private_key
from joserfc.jwk import OKPKey

from shared.runtime.envelope import read
from shared.runtime.signing import Signer
from shared.runtime.trust import verify
from shared.runtime.trust_file import own_key
from tests.contract.golden import example

DOCS = Path(__file__).parents[3] / "docs"


def blocks() -> list[str]:
    """The Python examples of the page."""
    page = (DOCS / "foreign-client.md").read_text("utf-8")
    return [part.partition("```")[0] for part in page.split("```python\n")[1:]]


def test_the_example_signs_what_is_believed() -> None:
    [code] = [block for block in blocks() if "def sign(" in block]
    shown: dict[str, Any] = {}
    exec(code, shown)  # noqa: S102 - the page's own example
    pem = OKPKey.generate_key("Ed25519").as_pem(private=True)
    ours = Signer(OKPKey.import_key(pem))
    body = example("case.nominated.v1").body
    headers = {
        "ce-id": "7f6b5e1c-1d3c-4c1e-9b53-2d9a0a3f8a11",
        "ce-type": "case.nominated.v1",
        "ce-source": "/fujian/review",
        "ce-time": datetime.now(UTC).isoformat(),
    }
    written = shown["sign"](load_pem_private_key(pem, password=None), ours.kid, body, headers)
    envelope = read(
        body, {**headers, "sihao-signature": written}, message_id=None, message_type=None, app_id=None, timestamp=None
    )
    assert verify(body, envelope, {ours.kid: own_key(ours, "35")}).area == "35"


def test_the_key_id_that_the_page_computes_is_ours() -> None:
    page = (DOCS / "trust.md").read_text("utf-8")
    code = next(part.partition("```")[0] for part in page.split("```python\n")[1:] if "thumbprint" in part)
    key = OKPKey.generate_key("Ed25519")
    jwk = {name: key.as_dict(private=False)[name] for name in ("kty", "crv", "x")}
    shown: dict[str, Any] = {}
    exec(code, shown)  # noqa: S102 - the page's own example
    assert shown["thumbprint"](json.loads(json.dumps(jwk))) == key.thumbprint()
