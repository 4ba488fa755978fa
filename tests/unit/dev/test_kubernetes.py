"""What is put together from `deploy/k8s`, and how operators' resources are looked at."""

import shutil

from dev import kubernetes
from dev.kubernetes import COMPOSITIONS, SOURCES, digest, write_dev_secrets
from dev.kubernetes_resources import strayed


def test_every_overlay_and_example_is_put_together():
    there = {str(place.parent.relative_to(SOURCES)) for place in SOURCES.glob("*/*/kustomization.yaml")}
    ours = {place for place in there if not place.startswith(("components/", "base/", "overlays/province-"))}
    assert set(COMPOSITIONS) == ours


def test_the_digest_tells_of_every_change_and_of_no_secret(tmp_path, monkeypatch):
    shutil.copytree(SOURCES, tmp_path / "k8s")
    monkeypatch.setattr(kubernetes, "SOURCES", tmp_path / "k8s")
    monkeypatch.setattr(kubernetes, "RENDERED", tmp_path / "k8s/rendered")
    before = digest()
    (tmp_path / "k8s/overlays/province/review.env").write_text("SIHAO_AREAS=35\n")
    (tmp_path / "k8s/rendered/centre.yaml").write_text("")
    shutil.copytree(tmp_path / "k8s/overlays/province", tmp_path / "k8s/overlays/province-35")
    assert digest() == before
    (tmp_path / "k8s/overlays/province/province.env").write_text("")
    assert digest() != before


def test_development_gets_random_passwords_once(tmp_path):
    place = tmp_path / "secrets.env"
    write_dev_secrets(place)
    written = place.read_text()
    assert place.stat().st_mode & 0o077 == 0
    assert "PASSWORD" not in written.replace("_PASSWORD=", "")
    write_dev_secrets(place)
    assert place.read_text() == written


def test_a_field_that_a_definition_does_not_know_is_named():
    assert strayed({"spec": [{"a": 1, "b": 2}]}, {"spec": [{"a": 1}]}) == [".spec[0].b"]
    assert strayed({"spec": [{"a": 1}]}, {"spec": [{"a": 1}], "kind": "Default"}) == []
