"""The join file: all that a province must be told to connect. Whoever has it can speak for the province."""

import os
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from shared.contracts import Area, Instant
from sihao.province.rights import Way
from sihao.rabbit_api import amqp_address

FORM: Literal[1] = 1
"""Version of the form. Raised when a reader of the old one would go wrong."""
PRIVATE = 0o600
_HEAD = """\
# 四好平台接入文件：含密钥，只交给本省运维人员，用后删除。
# Join file of the Sihao platform. It holds a secret: for the province's operator only; delete it after use.
"""


class NotAJoinFile(ValueError):  # noqa: N818 - says what the file is
    """The file cannot be read as a join file; says why, without repeating what stands in it."""


class JoinFile(BaseModel):
    """What the centre tells a province."""

    model_config = ConfigDict(frozen=True, extra="ignore", use_attribute_docstrings=True)

    form: Literal[1] = FORM
    """Version of this form."""
    area: Area
    """The province."""
    way: Way
    """How it connects."""
    issued: Instant
    """When it was made."""
    broker: str = Field(pattern=r"^amqps?://[^@]+$")
    """Address of the centre's broker with its virtual host, without user: `amqps://broker:5671/sihao`."""
    user: str
    """The province's user."""
    secret: SecretStr
    """Its password."""
    exchange: str
    """Where all facts go."""
    queues: tuple[str, ...]
    """Its queues on the centre's broker."""
    hears: tuple[str, ...]
    """Events it is sent, by name and version."""
    announces: tuple[str, ...]
    """Events it may announce in its own area."""
    unheard: tuple[str, ...] = ()
    """Of these, what nobody heard at the centre when the file was made."""
    review_url: str = ""
    """The centre's review service over HTTP, to compare times with. Empty: not told."""
    keys: tuple[str, ...] = ()
    """Ids of the province's own keys that count at the centre (RFC 7638)."""
    centre_keys: dict[str, Any] = Field(default_factory=lambda: {"keys": []})
    """The public keys with which the centre signs (JWK Set)."""
    unsigned: tuple[str, ...] = ()
    """Services of the centre that did not sign with one of these keys when the file was made."""
    ca: str = ""
    """Certificates of the authority behind the broker's certificate (PEM). Empty: one that everybody trusts."""

    def amqp_url(self, *, ca_file: Path | None = None) -> str:
        """The address with user and password."""
        url = amqp_address(self.broker, user=self.user, password=self.secret.get_secret_value())
        return f"{url}{'&' if '?' in url else '?'}cafile={ca_file}" if ca_file else url


def write_private(path: Path, written: str) -> None:
    """Write a file that only its owner may read, in one step: no reader ever sees half of it, or finds it open."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, delete=False) as new:
        os.fchmod(new.fileno(), PRIVATE)
        new.write(written)
    Path(new.name).replace(path)


def save(join: JoinFile, path: Path) -> None:
    """Write it, the secret in plain words, for its owner only."""
    told = join.model_dump(mode="json") | {"secret": join.secret.get_secret_value()}
    write_private(path, _HEAD + yaml.safe_dump(told, allow_unicode=True, sort_keys=False, width=110))


def load(path: Path) -> JoinFile:
    """Read one.

    Raises:
        NotAJoinFile: it cannot be read, or is of another form.
        OSError: there is no such file.
    """
    try:
        told = yaml.safe_load(path.read_text("utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise NotAJoinFile("不是 YAML 文件 / it is not YAML") from error
    if isinstance(told, dict) and told.get("form", FORM) != FORM:
        form = told["form"] if isinstance(told["form"], int) else "?"
        raise NotAJoinFile(
            f"格式版本为 {form}，本程序只认识 {FORM}，请升级 / form {form}, and this release knows {FORM}; upgrade it"
        )
    try:
        return JoinFile.model_validate(told)
    except ValidationError as error:
        fields = ", ".join(sorted({".".join(map(str, one["loc"])) or "*" for one in error.errors()}))
        raise NotAJoinFile(f"以下各项缺失或不符 / missing or wrong: {fields}") from None


def readable_by_others(path: Path) -> bool:
    """Whether anybody but its owner may read the file."""
    return bool(path.stat().st_mode & 0o077)
