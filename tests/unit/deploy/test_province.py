"""A province copies its overlay, fills in one file, and puts beside it what `sihao province join` wrote."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from services.review.settings import ReviewSettings
from sihao.province import env_file
from sihao.province.join_file import JoinFile
from sihao.province.link import up_queue
from sihao.province.rights import Way
from tests.unit.deploy.manifests import container, of_kind, pod, settings_given, workloads

PROVINCE = "overlays/province"
GIVEN = {
    "SIHAO_MONGO_URL": "mongodb://review:p%40ss@mongo.example.cn:27017/?replicaSet=rs0&authSource=admin",
    "SIHAO_DATABASE": "sihao_review_35",
    "SIHAO_OIDC_ISSUER": "https://login.example.cn",
    "SIHAO_OIDC_JWKS_URL": "https://login.example.cn/jwks.json",
    "SIHAO_HOST": "127.0.0.1",
    "SIHAO_PORT": "9000",
    "SIHAO_PUBLIC_URL": "https://review.fujian.example.cn",
}
BROKER = "amqps://province-35.sihao:it%27s%20$ecret@broker.example.cn:5671/sihao"


@pytest.fixture
def workload():
    ((_, found),) = workloads(PROVINCE)
    return found


def started(workload, folder: Path) -> dict[str, str]:
    """The environment in which the container's own command starts Python, `folder` being what is mounted."""
    (mount,) = [one for one in container(workload)["volumeMounts"] if one["name"] == "review"]
    (place, program) = folder / "mounted", folder / "bin"
    program.mkdir()
    (program / "python").write_text('#!/bin/sh\n[ "$*" = "-m services.review" ] && env -0\n')
    (program / "python").chmod(0o755)
    script = container(workload)["args"][0].replace(mount["mountPath"], str(place))
    shell = shutil.which("sh")
    assert shell
    told = subprocess.run(  # noqa: S603 - our own manifest
        [shell, *container(workload)["command"][1:], script],
        env={"PATH": f"{program}:{os.environ['PATH']}", **settings_given(PROVINCE, workload)},
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    found = dict(line.split("=", 1) for line in told.split("\0") if line)
    return {name: value.replace(str(place), mount["mountPath"]) for name, value in found.items()}


@pytest.mark.parametrize("ca", [None, "centre-35.ca.pem"])
def test_the_file_of_the_join_is_all_that_the_service_needs(workload, tmp_path, monkeypatch, ca):
    (tmp_path / "mounted").mkdir()
    join = JoinFile.model_construct(area="35", way=Way.LINKED)
    url = f"{BROKER}?cafile={tmp_path / ca}" if ca else BROKER
    told = env_file.settings(join, url, GIVEN, key=tmp_path / "35.key.pem", trust=tmp_path / "centre-35.jwks.json")
    assert env_file.save(told, tmp_path / "mounted/review.env") == []

    environment = started(workload, tmp_path)

    monkeypatch.setattr(os, "environ", environment)
    settings = ReviewSettings()
    assert settings.amqp_url.get_secret_value() == (f"{BROKER}?cafile=/run/sihao/centre.ca.pem" if ca else BROKER)
    assert settings.mongo_url.get_secret_value() == GIVEN["SIHAO_MONGO_URL"]
    assert (settings.areas, settings.public_url) == ("35", GIVEN["SIHAO_PUBLIC_URL"])
    assert (settings.host, settings.port) == ("0.0.0.0", container(workload)["ports"][0]["containerPort"])  # noqa: S104
    assert (str(settings.signing_key), str(settings.trust)) == ("/run/sihao/key.pem", "/run/sihao/centre.jwks.json")
    assert settings.link_queue == up_queue("35")
    assert settings.trusted_proxies


def test_every_file_it_names_is_in_the_secret_that_is_mounted(workload):
    (secret,) = of_kind(PROVINCE, "Secret")
    assert secret["data"].keys() == {"review.env", "key.pem", "centre.jwks.json", "centre.ca.pem"}
    (volume,) = [volume for volume in pod(workload)["volumes"] if "secret" in volume]
    assert volume["secret"]["secretName"] == secret["metadata"]["name"]
    assert volume["secret"]["defaultMode"] == 0o440


def test_it_runs_review_alone():
    assert [name for name, _ in workloads(PROVINCE)] == ["review"]
    assert of_kind(PROVINCE, "StatefulSet") == []
