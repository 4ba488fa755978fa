"""Wrong settings are said in words, variable by variable, and never with their value."""

import os
import subprocess
import sys
from itertools import chain

import pytest
from pydantic import ValidationError
from pydantic_settings import BaseSettings

from services.intake.settings import IntakeSettings
from services.notify.settings import NotifySettings
from services.review.settings import ReviewSettings
from services.scoring.settings import ScoringSettings
from shared.runtime.configured import MISCONFIGURED, faults, misspelt, variables

ALL: tuple[type[BaseSettings], ...] = (IntakeSettings, ScoringSettings, ReviewSettings, NotifySettings)
GOOD = {
    "SIHAO_AMQP_URL": "amqp://someone:hush@127.0.0.1:1",
    "SIHAO_MONGO_URL": "mongodb://127.0.0.1:1",
    "SIHAO_DATABASE": "review",
    "SIHAO_OIDC_ISSUER": "https://login.example",
    "SIHAO_OIDC_JWKS_URL": "https://login.example/jwks.json",
    "SIHAO_AREAS": "35",
}


def started(**variables: str) -> subprocess.CompletedProcess[str]:
    """The review service as a process that has these variables only; it must not come up."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("SIHAO_")}
    return subprocess.run(
        [sys.executable, "-m", "services.review"],
        env={**inherited, **variables},
        check=False,
        capture_output=True,
        text=True,
        timeout=300,
    )


def test_a_process_with_wrong_settings_says_so_and_ends() -> None:
    ended = started(**{**GOOD, "SIHAO_PORT": "hush", "SIHAO_AREAS": "350203"})
    assert ended.returncode == MISCONFIGURED
    assert "`SIHAO_PORT` must be a whole number" in ended.stderr
    assert "“SIHAO_PORT”应为整数" in ended.stderr
    assert "监听端口。" in ended.stderr, "what it is for"
    assert "350203 是县级" in ended.stderr
    assert "hush" not in ended.stderr, "values may be secrets"
    assert "Traceback" not in ended.stderr


def test_a_process_whose_key_file_is_missing_says_so_and_ends() -> None:
    ended = started(**GOOD, SIHAO_SIGNING_KEY="/no/such/key.pem")
    assert ended.returncode == MISCONFIGURED
    assert "/no/such/key.pem" in ended.stderr
    assert "openssl genpkey" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_what_concerns_several_variables_is_said_too() -> None:
    with pytest.raises(ValidationError) as wrong:
        ReviewSettings(**{name[6:].lower(): value for name, value in GOOD.items()}, certificate_key="/k")
    assert "SIHAO_PUBLIC_URL" in "\n".join(faults(ReviewSettings, wrong.value.errors()))


@pytest.mark.parametrize("kind", ALL)
def test_every_setting_is_explained_in_both_languages(kind: type[BaseSettings]) -> None:
    for name, field in kind.model_fields.items():
        chinese, _, english = (field.description or "").partition("\n")
        assert chinese[:1] > "\u2e7f" or chinese.startswith(("AMQP", "RabbitMQ")), name
        assert english.isascii() or "…" in english, name
        assert english.endswith("."), name


def test_a_misspelt_variable_is_told() -> None:
    (line,) = misspelt(["SIHAO_TRUSTED_PROXYS", "SIHAO_TOKEN", "PATH"], variables(ReviewSettings))
    assert "SIHAO_TRUSTED_PROXIES" in line


def test_what_another_service_reads_is_no_misspelling() -> None:
    everything = {*chain.from_iterable(variables(kind) for kind in ALL)}
    for kind in ALL:
        foreign = everything - variables(kind).keys()
        assert list(misspelt(foreign, variables(kind))) == []
