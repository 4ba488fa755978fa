"""Which keys are trusted from the start, and whether a guard stands at all."""

import json
from pathlib import Path
from typing import Any, cast

import pytest
from joserfc.jwk import OKPKey

from shared.kernel.ed25519 import NoKey, public_key
from shared.runtime.guard import Guard
from shared.runtime.settings import KeySettings
from shared.runtime.signing import Signer, WrongKeyFile
from shared.runtime.trust_file import centre_keys

KEY, OTHER = OKPKey.generate_key("Ed25519"), OKPKey.generate_key("Ed25519")


class NoDatabase:
    """Nothing is read."""

    def collection(self, _: str) -> None:
        """None."""


def written(path: Path, content: object) -> Path:
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def guard(scope: str, trust: Path | None, signer: Signer | None) -> Guard | None:
    settings = KeySettings(trust=trust, signing_key=None)
    return Guard.load(settings, signer, cast("Any", NoDatabase()), "review", scope)


def test_the_keys_of_a_set_by_their_ids(tmp_path: Path) -> None:
    named = {**OTHER.as_dict(private=False), "kid": "centre-2027"}
    found = centre_keys(written(tmp_path / "keys.json", {"keys": [KEY.as_dict(private=True), named]}))
    assert set(found) == {KEY.thumbprint(), "centre-2027"}
    assert {key.area for key in found.values()} == {"CN"}


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", '{"keys": []}', '{"keys": 1}', '{"keys": [1]}', '{"keys": [{"kty": "EC"}]}', '{"keys": [{}]}'],
)
def test_another_file_is_named_as_wrong(tmp_path: Path, content: str) -> None:
    with pytest.raises(WrongKeyFile, match="SIHAO_TRUST") as refusal:
        centre_keys(written(tmp_path / "keys.json", content))
    assert refusal.value.problem.rule.zh
    with pytest.raises(WrongKeyFile):
        centre_keys(tmp_path / "none.json")


def test_a_guard_stands_where_the_centre_s_keys_are_known(tmp_path: Path) -> None:
    file, own = written(tmp_path / "keys.json", {"keys": [KEY.as_dict(private=False)]}), Signer(OTHER)
    assert guard("", None, None) is None
    assert guard("CN", None, None) is None
    assert guard("35", None, own) is None, "without the centre's keys a province could believe nobody"

    for scope in ("", "CN"):  # a service of the centre trusts what it signs with itself
        found = guard(scope, None, own)
        assert found is not None
        assert [key.kid for key in found.of_the_centre()] == [own.kid]
    province = guard("35", file, own)
    assert province is not None
    assert [key.kid for key in province.of_the_centre()] == [KEY.thumbprint()]


@pytest.mark.parametrize("jwk", [{}, {"kty": "OKP", "crv": "X25519", "x": "A" * 43}, {"kty": "OKP", "crv": "Ed25519"}])
def test_only_an_ed25519_key_is_one(jwk: dict[str, str]) -> None:
    with pytest.raises(NoKey):
        public_key(jwk)
