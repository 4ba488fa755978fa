"""Every variable in a manifest is a setting of the service, every setting that is required is given."""

import pytest

from tests.unit.deploy.manifests import FIGURED, SETTINGS, container, of_kind, pod, settings_given, workloads

NOT_OURS = {"OTEL_EXPORTER_OTLP_ENDPOINT"}
"""Read by the libraries of OpenTelemetry."""
IN_A_SECRET = {
    "SIHAO_AMQP_URL": "amqps://service:secret@broker:5671/sihao",
    "SIHAO_MONGO_URL": "mongodb://store:27017/?replicaSet=store",
    "SIHAO_SMTP_USER": "sihao",
    "SIHAO_SMTP_PASSWORD": "secret",
}
WORKLOADS = [(composition, *found) for composition in FIGURED for found in workloads(composition)]
IDS = [f"{composition}:{name}" for composition, name, _ in WORKLOADS]


@pytest.mark.parametrize(("composition", "name", "workload"), WORKLOADS, ids=IDS)
def test_every_variable_is_a_setting_of_the_service(composition, name, workload):
    known = {f"SIHAO_{field.upper()}" for field in SETTINGS[name].model_fields}
    assert settings_given(composition, workload).keys() - known - NOT_OURS == set()


@pytest.mark.parametrize(("composition", "name", "workload"), WORKLOADS, ids=IDS)
def test_the_service_accepts_them_and_misses_none(composition, name, workload, monkeypatch):
    for variable, value in settings_given(composition, workload).items():
        monkeypatch.setenv(variable, IN_A_SECRET[variable] if value is None else value)
    settings = SETTINGS[name]()
    assert (settings.host, settings.port) == ("0.0.0.0", container(workload)["ports"][0]["containerPort"])  # noqa: S104
    assert settings.trusted_proxies
    assert settings.clock_file is None


@pytest.mark.parametrize("composition", FIGURED)
def test_no_two_services_share_a_database(composition):
    databases = [settings_given(composition, workload)["SIHAO_DATABASE"] for _, workload in workloads(composition)]
    assert len(databases) == len(set(databases)) == 4


@pytest.mark.parametrize(("composition", "name", "workload"), WORKLOADS, ids=IDS)
def test_files_that_settings_name_are_mounted(composition, name, workload):
    places = [mount["mountPath"] for mount in container(workload)["volumeMounts"]]
    mounted = {mount["name"] for mount in container(workload)["volumeMounts"]}
    assert mounted == {volume["name"] for volume in pod(workload)["volumes"]}
    for variable, value in settings_given(composition, workload).items():
        field = SETTINGS[name].model_fields.get(variable.removeprefix("SIHAO_").lower())
        if field and "Path" in str(field.annotation):
            assert value is not None
            assert any(f"{value}/".startswith(f"{place}/") for place in places), f"{variable}={value}"


@pytest.mark.parametrize(
    ("composition", "kind", "keys"),
    [
        ("examples/operators", "ExternalSecret", lambda one: {entry["secretKey"] for entry in one["spec"]["data"]}),
        ("examples/sealed", "SealedSecret", lambda one: set(one["spec"]["encryptedData"])),
    ],
)
def test_secrets_that_are_brought_hold_every_key_that_is_asked_for(composition, kind, keys):
    brought = {one["metadata"]["name"]: keys(one) for one in of_kind(composition, kind)}
    for _, workload in workloads(composition):
        for variable in container(workload)["env"]:
            if "valueFrom" in variable:
                wanted = variable["valueFrom"]["secretKeyRef"]
                assert wanted["key"] in brought[wanted["name"]]
        for volume in pod(workload)["volumes"]:
            if "secret" in volume:
                assert "key.pem" in brought[volume["secret"]["secretName"]]


def test_no_manifest_of_the_centre_holds_a_secret():
    assert of_kind("overlays/centre", "Secret") == of_kind("examples/sealed", "Secret") == []
