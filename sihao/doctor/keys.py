"""The keys: can the signing key be read, is it registered, does it count now, and for how long still?"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from shared.kernel.keys import RegisteredKey
from shared.runtime.measuring import OF_ANY_AREA
from shared.runtime.mongo import Database, StoreError
from shared.runtime.settings import KeySettings
from shared.runtime.signing import Signer, WrongKeyFile
from shared.runtime.trust_file import centre_keys
from shared.runtime.trusted import KEYS
from sihao.doctor.place import Named
from sihao.province.findings import Finding, failed, ok, skipped, warning

_RENEW_BEFORE = timedelta(days=30)
"""A key that ends sooner is told of. Our default."""


def signing_key(path: str) -> Finding | str:
    """The id of the key in this file, or what is wrong with it."""
    try:
        signer = Signer.load(KeySettings.model_construct(signing_key=Path(path), signing_key_id=None, trust=None))
    except WrongKeyFile as wrong:
        said = wrong.problem
        return failed("keys.own", (said.rule.zh, said.rule.en), (said.remedy.zh, said.remedy.en))
    return signer.kid if signer else ""


def trust_file(path: str) -> Finding:
    """Whether the centre's keys can be read."""
    try:
        keys = centre_keys(Path(path))
    except WrongKeyFile as wrong:
        said = wrong.problem
        return failed("keys.trust", (said.rule.zh, said.rule.en), (said.remedy.zh, said.remedy.en))
    return ok("keys.trust", f"信任中央的 {len(keys)} 把公钥", f"{len(keys)} key(s) of the centre are trusted")


async def registered(mongo_url: str, databases: Sequence[Named]) -> list[RegisteredKey] | None:
    """The register, as the first of these databases has it that has one; None if none could be asked."""
    for one in databases:
        database = Database(mongo_url, one.value)
        try:
            if found := await database.find(KEYS, OF_ANY_AREA):
                return [key for _, key in found]
        except StoreError:
            return None
        finally:
            database.close()
    return [] if databases else None


def judge(kid: str, register: Sequence[RegisteredKey] | None, now: datetime) -> list[Finding]:
    """Whether what we sign is believed, and whether registered keys end soon; without `kid` nothing is signed."""
    if register is None:
        return [skipped("keys", "未能查看密钥登记", "the register of keys could not be seen")]
    found = [_own(kid, register, now)] if kid else []
    for area in sorted({key.area for key in register}):
        counting = [key for key in register if key.area == area and key.withdrawn_at is None and key.covers(now)]
        found.append(_of_area(area, counting, now))
    return found or [skipped("keys", "没有登记密钥，不核验签名", "no keys are registered; signatures are not verified")]


def _own(kid: str, register: Sequence[RegisteredKey], now: datetime) -> Finding:
    own = next((key for key in register if key.kid == kid), None)
    if own is None:
        return warning(
            "keys.own",
            (f"本服务的密钥 {kid} 未登记。", f"The key {kid} of this service is not registered."),
            ("请中央登记其公钥（见 docs/trust.md）。", "Have the centre register the public half (docs/trust.md)."),
        )
    if own.withdrawn_at is not None or not own.covers(now):
        return failed(
            "keys.own",
            (
                f"密钥 {kid} 已过期或撤回，签名不被接受。",
                f"The key {kid} has ended or was withdrawn: it is not believed.",
            ),
            ("请换用新密钥并登记。", "Use a new key, and have it registered."),
        )
    return ok("keys.own", f"密钥 {kid} 已登记，有效", f"the key {kid} is registered and counts")


def _of_area(area: str, counting: Sequence[RegisteredKey], now: datetime) -> Finding:
    code = f"keys.{area}"
    renew = ("请登记新密钥：docs/trust.md。", "Register a new one: docs/trust.md.")
    if not counting:
        return failed(code, (f"{area} 没有有效的密钥。", f"No key of {area} counts now."), renew)
    ends = [key.valid_to for key in counting if key.valid_to is not None]
    if len(ends) == len(counting) and max(ends) - now < _RENEW_BEFORE:
        day = f"{max(ends):%Y-%m-%d}"
        return warning(code, (f"{area} 的密钥将于 {day} 到期。", f"The last key of {area} ends on {day}."), renew)
    return ok(code, f"{area} 有 {len(counting)} 把有效密钥", f"{area} has {len(counting)} key(s) that count")
