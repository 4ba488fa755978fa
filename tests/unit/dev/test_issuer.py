"""The issuer: its tokens are verified with nothing but what its pages say."""

import json
from datetime import UTC, datetime, timedelta
from urllib.error import HTTPError
from urllib.request import ProxyHandler, build_opener

import pytest
from joserfc import jwt
from joserfc.errors import ExpiredTokenError, InvalidKeyIdError
from joserfc.jwk import KeySet

from dev.issuer import TOKEN_PATH, Issuer

_loopback = build_opener(ProxyHandler({}))


def _get(url):
    with _loopback.open(url, timeout=5) as response:
        return json.load(response)


@pytest.fixture(scope="module")
def issuer():
    with Issuer() as running:
        yield running


@pytest.fixture(scope="module")
def keys(issuer):
    discovered = _get(issuer.url + "/.well-known/openid-configuration")
    assert discovered["issuer"] == issuer.url
    return KeySet.import_key_set(_get(discovered["jwks_uri"]))


def test_a_token_carries_what_was_asked_for(issuer, keys):
    token = issuer.token("u1", roles=["officer"], area="3502", name="林一")
    claims = jwt.decode(token, keys).claims
    times = claims.pop("exp") - claims.pop("iat")
    assert len(claims.pop("jti")) == 16
    assert claims == {
        "iss": issuer.url,
        "aud": "sihao",
        "sub": "u1",
        "roles": ["officer"],
        "area": "3502",
        "name": "林一",
    }
    assert times == 12 * 3_600


def test_the_published_key_is_only_the_public_half(issuer):
    (key,) = _get(issuer.jwks_url)["keys"]
    assert {"kty", "crv", "x", "y", "kid", "use", "alg"} == set(key)


def test_an_expired_token_can_be_made(issuer, keys):
    claims = jwt.decode(issuer.token("u1", lifetime=timedelta(seconds=-1)), keys).claims
    with pytest.raises(ExpiredTokenError):
        jwt.JWTClaimsRegistry().validate(claims)


def test_tokens_follow_the_clock_they_are_given(keys):
    later = datetime(2031, 5, 1, tzinfo=UTC)
    with Issuer(now=lambda: later) as other:
        token = other.token("u1")
        theirs = KeySet.import_key_set(_get(other.jwks_url))
    assert jwt.decode(token, theirs).claims["iat"] == later.timestamp()
    with pytest.raises(InvalidKeyIdError):
        jwt.decode(token, keys)


def test_other_pages_are_not_there(issuer):
    with pytest.raises(HTTPError) as caught:
        _get(issuer.url + "/token")
    caught.value.close()
    assert caught.value.code == 404


def test_in_a_container_whoever_asks_gets_a_token_and_elsewhere_nobody():
    asked = f"{TOKEN_PATH}?sub=me&role=officer&role=operator&area=35"
    with Issuer(url="http://issuer:8000") as open_to_all, Issuer() as ours:
        at = f"http://127.0.0.1:{open_to_all._server.server_port}"
        token = _get(at + asked)["token"]
        claims = jwt.decode(token, open_to_all._key).claims
        assert (claims["iss"], claims["sub"]) == ("http://issuer:8000", "me")
        assert (claims["roles"], claims["area"]) == (["officer", "operator"], "35")
        with pytest.raises(HTTPError, match="404"):
            _get(ours.url + asked)
