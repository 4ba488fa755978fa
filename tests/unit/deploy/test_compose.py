"""docker-compose.yml and the Dockerfile say what the code says."""

import json
import re
import tomllib

import pytest
from pydantic_settings import BaseSettings

from demo.stand import SERVICES as PLAYED
from deploy.image.gather import PARTS
from dev import containers
from dev.compose import IMAGES, PORTS
from dev.compose import ROUND as ROUND_CONTAINER
from services.intake.settings import IntakeSettings
from services.notify.settings import NotifySettings
from services.review.settings import ReviewSettings
from services.scoring.settings import ScoringSettings
from shared.runtime.settings import Settings
from sihao.prepare.rights import SERVICES as CENTRE
from sihao.province.env_file import _CARRIED
from tests.unit.deploy.compose import (
    COMPOSE,
    DOCKERFILE,
    EXAMPLE,
    OF_THE_IMAGE,
    PROJECT,
    ROUND,
    SERVICES,
    TEXT,
    VARIABLE,
    environment,
    filled,
)

SETTINGS: dict[str, type[Settings]] = {
    "intake": IntakeSettings,
    "scoring": ScoringSettings,
    "review": ReviewSettings,
    "notify": NotifySettings,
    "province-review": ReviewSettings,
}
OF_THE_JOIN = {"SIHAO_AREAS", "SIHAO_AMQP_URL", "SIHAO_SIGNING_KEY", "SIHAO_TRUST", *_CARRIED}
"""What `sihao province link` writes for a province's review."""
OF_OTHERS = re.compile(r"SIHAO_(MODULE$|DEMO_|[A-Z_]*_PASSWORD$|RABBIT_API_URL$|TOKEN$)")
"""Variables of the image, the demo and the commands, which are no settings of a service."""
PROFILES = {"development", "province", "observe"}
PINNED = re.compile(r"^(\$\{\w+:-\})?(\$\{\w+:-)?[a-z0-9./-]+:(\$\{\w+:-)?v?\d[\w.-]*\}?(\$\{\w+:-\})?\}?$")
GIVEN = dict(re.findall(r"^([A-Z_]+)=(.*)$", EXAMPLE, re.MULTILINE))


def _names(settings: type[BaseSettings]) -> set[str]:
    return {f"SIHAO_{name.upper()}" for name in settings.model_fields}


@pytest.mark.parametrize("name", SETTINGS)
def test_every_setting_that_is_given_exists(name: str) -> None:
    given = {key for key in environment(name) if key.startswith("SIHAO_") and not OF_OTHERS.match(key)}
    turned = ROUND["services"].get(name, {}).get("environment", {})
    everything = set().union(*map(_names, SETTINGS.values()))  # the round tells all services the same
    assert given - _names(SETTINGS[name]) == set()
    assert set(turned) - everything == set()


@pytest.mark.parametrize("name", SETTINGS)
def test_every_required_setting_is_given(name: str) -> None:
    fields = SETTINGS[name].model_fields.items()
    required = {f"SIHAO_{field.upper()}" for field, info in fields if info.is_required()}
    told = set(environment(name)) | (OF_THE_JOIN if name == "province-review" else set())
    assert required - told == set()


@pytest.mark.parametrize("name", CENTRE)
def test_with_the_example_and_passwords_the_settings_are_valid(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for key, value in environment(name).items():
        if key.startswith("SIHAO_"):
            monkeypatch.setenv(key, filled(value, GIVEN))
    settings = SETTINGS[name]()
    assert (settings.host, settings.port) == ("0.0.0.0", 8000)  # noqa: S104 - inside the container
    assert settings.database == f"sihao_{name}"
    assert f"//{name}:" in settings.amqp_url.get_secret_value()
    assert f"authSource={settings.database}" in settings.mongo_url.get_secret_value()


def test_each_service_has_users_in_broker_and_store_and_no_other_s_password() -> None:
    prepared = environment("store-prepared")
    assert {f"SIHAO_{name.upper()}_PASSWORD" for name in CENTRE} <= set(prepared)
    assert {f"{name}=sihao_{name}" for name in CENTRE} <= set(SERVICES["store-prepared"]["command"])
    for name in CENTRE:
        seen = {found[1] for value in environment(name).values() for found in VARIABLE.finditer(value)}
        passwords = {one for one in seen if one.endswith("_PASSWORD")} - {"SIHAO_SMTP_PASSWORD"}
        assert passwords == {f"SIHAO_{name.upper()}_PASSWORD"}


def test_ports_and_probes_are_those_of_the_image() -> None:
    port = OF_THE_IMAGE["SIHAO_PORT"]
    assert f"EXPOSE {port}\n" in DOCKERFILE
    for name in SETTINGS:
        assert [one.rpartition(":")[2] for one in SERVICES[name]["ports"]] == [port]
        assert SERVICES[name]["healthcheck"]["test"][-1] == "/startupz"
    routes = (PROJECT / "shared/runtime/http.py").read_text("utf-8")
    assert all(f'"{path}"' in routes for path in ("/livez", "/readyz", "/startupz", "/metrics"))
    assert "USER 10001:10001\n" in DOCKERFILE


def test_nothing_listens_beyond_this_machine() -> None:
    ports = [one for service in SERVICES.values() for one in service.get("ports", [])]
    assert ports
    assert [one for one in ports if not one.startswith("127.0.0.1:")] == []


def test_images_have_versions_and_ours_the_project_s() -> None:
    version = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    images = {name: service["image"] for name, service in SERVICES.items()}
    assert {name: image for name, image in images.items() if not PINNED.match(image) or "latest" in image} == {}
    assert set(re.findall(r"SIHAO_VERSION:-([^}]+)", TEXT)) == {version}
    base = re.findall(r"PYTHON_IMAGE:-([^}]+)", TEXT)
    assert base == re.findall(r"^ARG PYTHON_IMAGE=(\S+)", DOCKERFILE, re.MULTILINE)
    assert containers.RABBITMQ_IMAGE in images["broker"]
    assert containers.MONGODB_IMAGE in images["store"]


def test_every_container_is_hardened() -> None:
    for name, service in SERVICES.items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert set(service["deploy"]["resources"]["limits"]) == {"cpus", "memory", "pids"}, name
        assert set(service.get("cap_add", ())) <= {"CHOWN", "DAC_OVERRIDE", "FOWNER", "SETGID", "SETUID"}, name


def test_no_password_stands_in_the_files_and_none_has_a_default() -> None:
    secret = re.compile(r"_(PASSWORD|KEY|TOKEN)$")
    for found in VARIABLE.finditer(TEXT):
        if secret.search(found[1]) and found[2] == ":-":
            assert found[3] == "", found[0]
    assert [name for name in re.findall(r"//[\w-]+:([^@\s$]+)@", TEXT) if not name.startswith("${")] == []
    asked = {found[1] for found in VARIABLE.finditer(TEXT) if found[2] == ":?"}
    assert asked <= set(GIVEN), "what is asked for is in the example"
    assert [name for name in GIVEN if secret.search(name) and GIVEN[name]] == [], "none has a value in the example"
    for found in VARIABLE.finditer(TEXT):
        if found[2] == ":?":
            assert re.fullmatch(r".*[一-鿿].* / .*[a-z].*", found[3]), found[0]


def test_profiles_and_starts_that_wait() -> None:
    assert {profile for service in SERVICES.values() for profile in service.get("profiles", ())} == PROFILES
    for name in SETTINGS:
        conditions = {one["condition"] for one in SERVICES[name]["depends_on"].values()}
        assert conditions == {"service_completed_successfully"}, name
    jobs = {name for service in SERVICES.values() for name, one in service.get("depends_on", {}).items()
            if one["condition"] == "service_completed_successfully"}  # fmt: skip
    assert {name for name in jobs if SERVICES[name]["restart"] != "no"} == set()


def test_data_is_in_named_volumes() -> None:
    for name, service in SERVICES.items():
        for volume in service.get("volumes", ()):
            source, _, mode = volume.partition(":")[0], None, volume.rpartition(":")[2]
            assert source in COMPOSE["volumes"] or (source.startswith("./deploy/") and mode == "ro"), (name, volume)
            assert source in COMPOSE["volumes"] or (PROJECT / source).exists(), (name, volume)


def test_every_image_has_its_parts_and_its_hashed_requirements() -> None:
    lists = {path.stem for path in (PROJECT / "requirements").glob("*.txt")}
    assert lists == {*PARTS, "review-certificates"}
    assert set(IMAGES) == set(PARTS)
    build = (PROJECT / "deploy/image/build.sh").read_text("utf-8")
    assert all(name in build for name in lists)
    missing = [part for parts in PARTS.values() for part in parts if not (PROJECT / part).exists()]
    assert missing == []


def test_the_round_knows_every_service() -> None:
    told = ROUND["services"][ROUND_CONTAINER]["environment"]
    for variable in ("SIHAO_DEMO_SERVICES", "SIHAO_DEMO_STORES", "SIHAO_DEMO_DATABASES"):
        assert set(json.loads(told[variable])) == set(PLAYED)
    assert all(f"SIHAO_{name}_PORT" in TEXT for name in PORTS)
