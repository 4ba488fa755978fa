"""A province's key: made once, the private half for its owner only, told by its thumbprint."""

import json
import stat
from pathlib import Path

import pytest
from joserfc.jwk import OKPKey

from sihao.province.keys import NotAKey, generate, key_id, own_key, public_key


def test_a_pair_is_made_and_both_halves_are_one_key(tmp_path: Path) -> None:
    private, public = tmp_path / "35.key.pem", tmp_path / "35.key.jwk"
    kid = generate(private, public)
    assert stat.S_IMODE(private.stat().st_mode) == 0o600
    assert "d" not in json.loads(public.read_text())
    assert own_key(private) == public_key(public)
    assert key_id(own_key(private)) == kid == json.loads(public.read_text())["kid"]


@pytest.mark.parametrize("there", ["35.key.pem", "35.key.jwk"])
def test_a_key_is_never_written_over(tmp_path: Path, there: str) -> None:
    (tmp_path / there).write_text("kept")
    with pytest.raises(FileExistsError):
        generate(tmp_path / "35.key.pem", tmp_path / "35.key.jwk")
    assert (tmp_path / there).read_text() == "kept"
    assert [path.name for path in tmp_path.iterdir()] == [there]


def test_of_a_private_jwk_only_the_public_half_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "private.jwk"
    key = OKPKey.generate_key("Ed25519")
    path.write_text(json.dumps(key.as_dict(private=True)))
    assert set(public_key(path)) == {"kty", "crv", "x"}


@pytest.mark.parametrize("written", ["", "{}", "[]", '{"kty": "OKP", "crv": "X25519", "x": "AA"}', "-----BEGIN"])
def test_what_is_no_key_is_refused(tmp_path: Path, written: str) -> None:
    path = tmp_path / "key"
    path.write_text(written)
    for read in (public_key, own_key):
        with pytest.raises(NotAKey):
            read(path)


def test_a_key_of_another_kind_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_bytes(OKPKey.generate_key("X25519").as_pem(private=True))
    with pytest.raises(NotAKey):
        own_key(path)
    path.write_bytes(OKPKey.generate_key("Ed25519").as_pem(private=False))
    with pytest.raises(NotAKey):
        own_key(path)
