"""Signing: a detached JWS over the exact bytes of a body, which also binds them to the message they travel in.

Compact form with the payload left out (RFC 7515, appendix F), Ed25519 (RFC 8037). The protected header names the key
and the message's id, event, source and time, so that nobody can send the same body as another message. The signature
is deterministic (RFC 8032): a fact that is published twice carries the same one.
"""

from typing import Self

from joserfc import jws
from joserfc.jwk import OKPKey

from shared.contracts.trust import PublicKey
from shared.kernel.ed25519 import ALGORITHM, NoKey, Registry, private_key
from shared.kernel.problem import Problem, problem
from shared.runtime.configured import Misconfigured
from shared.runtime.envelope import Bound
from shared.runtime.settings import KeySettings

TYPE = "sihao-event+jws"
"""`typ` of the protected header."""


class EventRegistry(Registry):
    """Ed25519 alone, header parameters of ours, bodies as large as they are read at all."""

    max_payload_length = 16_000_000
    max_header_length = 4_096

    def __init__(self) -> None:
        super().__init__(strict_check_header=False)


REGISTRY = EventRegistry()


class WrongKeyFile(Misconfigured):
    """A file of keys that cannot be used."""

    def __init__(self, said: Problem) -> None:
        super().__init__(f"{said.field}: {said.rule} → {said.remedy}")
        self.problem = said


class Signer:
    """Signs what a service announces."""

    def __init__(self, key: OKPKey, kid: str | None = None) -> None:
        """`kid` is the key's thumbprint (RFC 7638) unless another name is wanted."""
        self._key = key
        self.kid = kid or key.thumbprint()
        public = key.as_dict(private=False)
        self.public = PublicKey.model_validate(public)
        """The public half."""

    @classmethod
    def load(cls, settings: KeySettings) -> Self | None:
        """The signer that the settings name, if any.

        Raises:
            WrongKeyFile: the file cannot be read, or holds something else.
        """
        path = settings.signing_key
        if path is None:
            return None
        try:
            return cls(private_key(path.read_bytes()), settings.signing_key_id)
        except (OSError, NoKey) as error:
            raise WrongKeyFile(
                problem(
                    "signing.key",
                    f"SIHAO_SIGNING_KEY {path}",
                    rule=("不是可读的 Ed25519 私钥（PEM）。", "This is no readable Ed25519 private key (PEM)."),
                    remedy=(
                        "用 openssl genpkey -algorithm ed25519 -out key.pem 生成。",
                        "Make one: openssl genpkey -algorithm ed25519 -out key.pem",
                    ),
                )
            ) from error

    def state(self, said: bytes, type_: str) -> str:
        """A compact JWS over what is said, with it in it: for a file that is handed over."""
        header = {"alg": ALGORITHM, "typ": type_, "kid": self.kid}
        return str(jws.serialize_compact(header, said, self._key, registry=REGISTRY))

    def sign(self, body: bytes, bound: Bound) -> str:
        """The value of the header `sihao-signature` for this body in this message."""
        header = {"alg": ALGORITHM, "typ": TYPE, "kid": self.kid, **bound._asdict()}
        return str(jws.detach_content(jws.serialize_compact(header, body, self._key, registry=REGISTRY)))
