"""What a link carries: a compact JWS (RFC 7515, Ed25519) that names the link, its file and its end.

It is signed with the service's own key. What it is good for stands in the store; the signature keeps anybody from
making or changing one.
"""

import json

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from services.intake.domain.link import Link, no_link
from shared.kernel.ed25519 import ALGORITHM, Registry, private_key, public_key
from shared.runtime.settings import KeySettings

TYPE = "sihao-evidence+jws"
"""`typ` of the protected header: no other signature of this key can stand for a link."""


class _Registry(Registry):
    def __init__(self) -> None:
        super().__init__(strict_check_header=False)


_REGISTRY = _Registry()


class Passes:
    """Writes and reads them."""

    def __init__(self, key: OKPKey) -> None:
        self._key = key
        self._public = public_key(key.as_dict(private=False))

    @classmethod
    def load(cls, settings: KeySettings) -> "Passes | None":
        """With the key that the service signs with; None if it has none."""
        return cls(private_key(settings.signing_key.read_bytes())) if settings.signing_key else None

    def write(self, id_: str, link: Link) -> str:
        """The pass of a link; of the same link always the same."""
        said = {"jti": id_, "sub": link.file, "app": link.application, "area": link.area}
        body = json.dumps(said | {"exp": int(link.expires.timestamp())}, separators=(",", ":"), sort_keys=True)
        return self._signed(body.encode())

    def read(self, written: str, file: str) -> str:
        """The id of the link it is for.

        Raises:
            NotFound: it is not ours, was changed, or is for another file.
        """
        try:
            payload = jws.deserialize_compact(written, self._public, registry=_REGISTRY).payload or b""
            said = json.loads(payload)
            if said["sub"] == file and self._signed(payload) == written:
                return str(said["jti"])
        except (JoseError, ValueError, KeyError, TypeError) as error:
            raise no_link() from error
        raise no_link()

    def _signed(self, body: bytes) -> str:
        """Deterministic (RFC 8032); so whoever writes the same bytes in another way is found out, too."""
        return jws.serialize_compact({"alg": ALGORITHM, "typ": TYPE}, body, self._key, registry=_REGISTRY)
