"""The join file: for its owner only, and never repeated in what is said about it."""

import stat
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import SecretStr

from sihao.province import env_file
from sihao.province.join_file import JoinFile, NotAJoinFile, load, readable_by_others, save
from sihao.province.rights import Way

SECRET = "do-not-tell"


def a_join_file(**changed: Any) -> JoinFile:
    told: dict[str, Any] = {
        "area": "35",
        "way": Way.DIRECT,
        "issued": datetime(2026, 11, 26, tzinfo=UTC),
        "broker": "amqps://broker.example.cn:5671/sihao",
        "user": "province-35.sihao",
        "secret": SecretStr(SECRET),
        "exchange": "sihao.events",
        "queues": ("review.round.opened.v1.35",),
        "hears": ("round.opened.v1",),
        "announces": ("case.opened.v1",),
    }
    return JoinFile(**{**told, **changed})


def test_it_comes_back_as_it_was_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    path = tmp_path / "join-35.yaml"
    path.write_text("what was there before")
    path.chmod(0o644)
    save(a_join_file(ca="-----BEGIN\nCERTIFICATE-----\n"), path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert not readable_by_others(path)
    assert load(path) == a_join_file(ca="-----BEGIN\nCERTIFICATE-----\n")
    assert list(tmp_path.iterdir()) == [path]


def test_its_secret_is_not_in_what_prints_it() -> None:
    assert SECRET not in repr(a_join_file()) + str(a_join_file()) + a_join_file().model_dump_json()


def test_the_address_carries_user_secret_and_authority(tmp_path: Path) -> None:
    url = a_join_file(secret=SecretStr("a/b@c")).amqp_url(ca_file=tmp_path / "ca.pem")
    assert url == f"amqps://province-35.sihao:a%2Fb%40c@broker.example.cn:5671/sihao?cafile={tmp_path}/ca.pem"


@pytest.mark.parametrize("written", ["{", "[]", "just words", "form: 1\narea: '35'\n", "\x00"])
def test_what_is_no_join_file_is_refused(tmp_path: Path, written: str) -> None:
    path = tmp_path / "file"
    path.write_text(written)
    with pytest.raises(NotAJoinFile, match=" / "):
        load(path)


def test_a_newer_form_is_told_of(tmp_path: Path) -> None:
    path = tmp_path / "file"
    save(a_join_file(), path)
    path.write_text(yaml.safe_dump({**yaml.safe_load(path.read_text()), "form": 2}))
    with pytest.raises(NotAJoinFile, match=r"格式版本为 2.* / form 2"):
        load(path)


def test_what_is_wrong_is_named_without_being_repeated(tmp_path: Path) -> None:
    path = tmp_path / "file"
    save(a_join_file(), path)
    path.write_text(yaml.safe_dump({**yaml.safe_load(path.read_text()), "broker": f"amqp://user:{SECRET}@host"}))
    with pytest.raises(NotAJoinFile, match="broker") as refusal:
        load(path)
    assert SECRET not in str(refusal.value)
    assert refusal.value.__cause__ is None


def test_an_unknown_field_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "file"
    save(a_join_file(), path)
    path.write_text(yaml.safe_dump({**yaml.safe_load(path.read_text()), "later": "said"}))
    assert load(path) == a_join_file()


def test_the_settings_are_private_quoted_and_say_what_is_missing(tmp_path: Path) -> None:
    path = tmp_path / "review-35.env"
    given = {"SIHAO_MONGO_URL": "mongodb://u:it's $HOME@db/?replicaSet=rs0", "SIHAO_TOKEN": "no"}
    told = env_file.settings(a_join_file(), a_join_file().amqp_url(), given, key=tmp_path / "key.pem", trust=None)
    missing = env_file.save(told, path)
    assert missing == ["SIHAO_DATABASE", "SIHAO_OIDC_ISSUER", "SIHAO_OIDC_JWKS_URL"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    written = path.read_text()
    assert "SIHAO_TOKEN" not in written
    assert "SIHAO_LINK_QUEUE" not in written
    assert f"SIHAO_SIGNING_KEY={tmp_path}/key.pem\n" in written
    assert "SIHAO_AREAS=35\n" in written


def test_a_linked_service_is_told_which_queue_is_its_link() -> None:
    join = a_join_file().model_copy(update={"way": Way.LINKED})
    told = env_file.settings(join, "amqp://home", {}, key=None, trust=None)
    assert told["SIHAO_LINK_QUEUE"] == "sihao.up.35"
