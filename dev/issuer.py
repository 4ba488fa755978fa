"""A small OpenID Connect issuer for demonstrations and tests: one key, a discovery page, tokens for the asking.

`python -m dev.issuer --role officer --area 35` serves one and prints a token for trying things out by hand.
"""

import argparse
import json
import secrets
import signal
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs

from joserfc import jwt
from joserfc.jwk import ECKey

from dev.on_loopback import OnLoopback
from dev.ports import LOOPBACK

AUDIENCE = "sihao"
ALGORITHM = "ES256"
DISCOVERY_PATH = "/.well-known/openid-configuration"
JWKS_PATH = "/jwks.json"
TOKEN_PATH = "/token"  # noqa: S105 - an address


def _real_time() -> datetime:
    return datetime.now(UTC)


class Issuer(OnLoopback):
    """An issuer with a key of its own, made anew every time; use it as a context manager."""

    def __init__(
        self, *, port: int = 0, now: Callable[[], datetime] = _real_time, host: str = LOOPBACK, url: str = ""
    ) -> None:
        """Listen on loopback at `port` (0: any free one); tokens are issued at the time that `now` tells.

        In a container it listens at another `host`, is known to others as `url`, and gives tokens to whoever asks.
        """
        self._url = url
        self._key = ECKey.generate_key("P-256", {"use": "sig", "alg": ALGORITHM}, auto_kid=True)
        self._now = now
        super().__init__("issuer", self._pages(), port=port, host=host)

    @property
    def url(self) -> str:
        """Where it is, which is also who it is."""
        return self._url or super().url

    @property
    def jwks_url(self) -> str:
        """Where the public key is."""
        return self.url + JWKS_PATH

    def token(
        self,
        sub: str,
        *,
        roles: Sequence[str] = (),
        area: str | None = None,
        chamber: str | None = None,
        name: str | None = None,
        audience: str = AUDIENCE,
        lifetime: timedelta = timedelta(hours=12),
    ) -> str:
        """A signed token for `sub`.

        Args:
            sub: who it is, an opaque name.
            roles: `secretary`, `officer`, `expert`, `operator`.
            area: the area an officer or expert answers for, "CN" or digits such as "3502".
            chamber: the credit code of a secretary's chamber.
            name: the person's name, for pages.
            audience: for whom the token is; anything but "sihao" must be turned away by the platform.
            lifetime: how long it is valid; negative makes one that has expired.
        """
        issued = int(self._now().timestamp())
        claims = {
            "iss": self.url,
            "aud": audience,
            "sub": sub,
            "iat": issued,
            "exp": issued + int(lifetime.total_seconds()),
            "jti": secrets.token_hex(8),
            "roles": list(roles),
        }
        claims |= {k: v for k, v in {"area": area, "chamber": chamber, "name": name}.items() if v is not None}
        return jwt.encode({"alg": ALGORITHM, "kid": self._key.kid}, claims, self._key)

    def _pages(self) -> type[BaseHTTPRequestHandler]:
        issuer = self

        class Pages(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                page = issuer._page(self.path)
                body = json.dumps(page).encode()
                self.send_response(HTTPStatus.NOT_FOUND if page is None else HTTPStatus.OK)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_arguments: object) -> None:
                """Stay silent."""

        return Pages

    def _page(self, path: str) -> dict[str, object] | None:
        path, _, query = path.partition("?")
        if path == TOKEN_PATH and self._url:
            asked = parse_qs(query)
            area, chamber, name = (asked.get(one, [None])[0] for one in ("area", "chamber", "name"))
            sub, roles = asked.get("sub", ["someone"])[0], asked.get("role", [])
            return {"token": self.token(sub, roles=roles, area=area, chamber=chamber, name=name)}
        if path == JWKS_PATH:
            return {"keys": [self._key.as_dict(private=False)]}
        if path == DISCOVERY_PATH:
            return {
                "issuer": self.url,
                "jwks_uri": self.jwks_url,
                "id_token_signing_alg_values_supported": [ALGORITHM],
                "subject_types_supported": ["public"],
                "response_types_supported": ["id_token"],
            }
        return None


def main() -> None:
    """Serve an issuer until Ctrl-C, and print one token."""
    parser = argparse.ArgumentParser(prog="python -m dev.issuer", description="本地令牌签发 / a local token issuer")
    parser.add_argument("--port", type=int, default=0, help="端口，0 为任意 / port, 0 for any")
    parser.add_argument("--sub", default="someone", help="主体 / subject")
    parser.add_argument("--role", action="append", default=[], help="角色，可重复 / role, repeatable")
    parser.add_argument("--area", help="区划，如 CN 或 3502 / area, CN or digits")
    parser.add_argument("--chamber", help="商会统一社会信用代码 / credit code of the chamber")
    parser.add_argument(
        "--host", default=LOOPBACK, help="监听地址，仅用于容器 / address to listen on, in containers only"
    )
    parser.add_argument(
        "--url", default="", help="对外的名称；设了即有求必应 / known to others as; then whoever asks gets one"
    )
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with Issuer(port=arguments.port, host=arguments.host, url=arguments.url) as issuer:
        token = issuer.token(arguments.sub, roles=arguments.role, area=arguments.area, chamber=arguments.chamber)
        print(f"签发者 issuer: {issuer.url}\n令牌 token: {token}\nCtrl-C 结束 to stop", flush=True)
        with suppress(KeyboardInterrupt):
            signal.pause()


if __name__ == "__main__":
    main()
