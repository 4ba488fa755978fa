"""Files that a province keeps in a store of its own 自存材料: the manifest names them, the bytes never come here.

A slip, signed with the province's registered key, says that the file is there and what it is. Whoever may read the
application is led there; who is let in at that door is the province's to say.
"""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from services.intake.domain import filling
from services.intake.domain.application import Application, Place
from services.intake.domain.media import MEDIA_TYPES
from shared.contracts import Evidence, Instant, Sha256
from shared.contracts.area import covers
from shared.kernel.change import Change
from shared.kernel.command import refused
from shared.kernel.keys import RegisteredKey

MAX_FILE = 20 * 1024 * 1024
"""Bytes of one file, wherever it is kept. Our default."""


class Slip(BaseModel):
    """What a province says about a file that it keeps."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    application: str = Field(max_length=80)
    """Id of the application it was handed in for."""
    sha256: Sha256
    """SHA-256 of its bytes."""
    name: str = Field(min_length=1, max_length=171)
    """File name as handed in."""
    media_type: str = Field(
        pattern="|".join(f"^{kind.replace('.', '[.]').replace('+', '[+]')}$" for kind in MEDIA_TYPES)
    )
    """What the bytes really are."""
    size: int = Field(ge=1, le=MAX_FILE)
    """Bytes."""
    at: Annotated[str, Field(pattern=r"^https://[!-~]{4,500}$")]
    """The address at which the province gives it to those who may read it."""
    deposited: Instant
    """When it was."""


class Deposit(BaseModel):
    """The command: a file that is kept elsewhere supports these items."""

    model_config = ConfigDict(frozen=True)

    file: Evidence
    """The file."""
    place: Place
    """Where it is kept, and by whose word."""


def known(key: RegisteredKey | None) -> RegisteredKey:
    """The key that a slip names, if its word counts.

    Raises:
        Refused: it is not registered, or was withdrawn.
    """
    if key is None or key.withdrawn_at is not None:
        raise _not_ours("签名的密钥未登记，或已撤销", "its key is not registered, or was withdrawn")
    return key


def checked(slip: Slip, key: RegisteredKey, application: str, area: str) -> Slip:
    """The slip, if it is for this application and its key counts for a chamber of this area, as of its time.

    Raises:
        Refused: it is not.
    """
    if slip.application != application:
        raise _not_ours(f"材料单是为申报 {slip.application} 开具的", f"the slip is for application {slip.application}")
    if not key.covers(slip.deposited):
        raise _not_ours("开具时密钥不在有效期内", "its key was out of its time when it was made")
    if not covers(key.area, area):
        raise _not_ours(f"签名的密钥属于 {key.area}，不含 {area}", f"its key is for {key.area}; {area} is not in it")
    return slip


def unreadable() -> Exception:
    """It is no slip, or was changed, to be raised."""
    return _not_ours("不是有效的材料单，或已被改动", "this is no slip, or it was changed")


def deposit(state: Application | None, command: Deposit, now: datetime) -> Change[Application] | None:
    """Put the file on the manifest, with its place; a file that lies here already stays here."""
    sha256 = command.file.sha256
    here = state is not None and sha256 not in state.kept and any(f.sha256 == sha256 for f in state.evidence)
    change = filling.attach(state, filling.Attach(file=command.file), now)
    if here or state is None:
        return change
    after = (change.state if change else state).but(kept={**state.kept, sha256: command.place})
    return None if after == state else Change(after)


def _not_ours(zh: str, en: str) -> Exception:
    return refused(
        "evidence.slip",
        "slip",
        rule=(f"{zh}。", f"{en[0].upper()}{en[1:]}."),
        remedy=("请由本省材料库重新开具。", "Have the province's store make another one."),
    )
