"""Files of one's own, as a cluster mounts them, can be loaded; the examples are those of the page."""

from pathlib import Path

import pytest

from dev.kubernetes import SOURCES
from services.notify.wording import load_wording
from services.review.procedures import library
from tests.support.own_rules import shown
from tests.unit.deploy.manifests import container, of_kind, pod, workloads


def mounted(composition: str, service: str, name: str, place: Path) -> str:
    """Lay a ConfigMap out as the kubelet does, a version beside links to its files; answers where it is mounted."""
    [workload] = [one for found, one in workloads(composition) if found == service]
    [volume] = [one["configMap"] for one in pod(workload)["volumes"] if one["name"] == name]
    [files] = [one["data"] for one in of_kind(composition, "ConfigMap") if one["metadata"]["name"] == volume["name"]]
    paths = {one["path"]: files[one["key"]] for one in volume.get("items", [{"key": k, "path": k} for k in files])}
    for path, text in paths.items():
        target = place / "..2026_11_27" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, "utf-8")
    (place / "..data").symlink_to("..2026_11_27")
    for top in {path.partition("/")[0] for path in paths}:
        (place / top).symlink_to(f"..data/{top}")
    [mount] = [one for one in container(workload)["volumeMounts"] if one["name"] == name]
    return str(mount["mountPath"])


def test_a_procedure_of_the_provinces_own_is_loaded(tmp_path: Path) -> None:
    place = mounted("examples/own-rules", "review", "procedures", tmp_path)
    assert "x-35-review@1" in library(tmp_path, ["35"])
    [settings] = [
        one["data"] for one in of_kind("examples/own-rules", "ConfigMap") if "SIHAO_PROCEDURES" in one["data"]
    ]
    assert settings["SIHAO_PROCEDURES"] == place


def test_a_further_language_is_loaded(tmp_path: Path) -> None:
    mounted("examples/operators", "notify", "languages", tmp_path)
    assert list(load_wording("https://sihao.example.cn", tmp_path).languages) == ["ug"]


@pytest.mark.parametrize("name", sorted(shown()))
def test_the_examples_are_those_of_the_page(name: str) -> None:
    own = SOURCES / "examples/own-rules" / Path(name).name
    file = own if name.startswith("procedures/") else SOURCES / "examples/operators" / name
    assert file.read_text("utf-8") == shown()[name]
