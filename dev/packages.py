"""Debian packages, installed on the way where that is allowed."""

import asyncio
import os
import shutil
from asyncio.subprocess import DEVNULL, PIPE, STDOUT
from collections.abc import Callable

Say = Callable[[str], None]


class InstallFailedError(RuntimeError):
    """apt-get could not install a package; the message carries what it said."""


def can_install() -> bool:
    """Whether we are root on a Debian."""
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


async def install(package: str, say: Say) -> None:
    """Install a Debian package without asking, and without starting a service that comes with it.

    Raises:
        InstallFailedError: with what apt-get said.
    """
    say(f"正在用 apt-get 安装 {package}（仅首次）… / installing {package} with apt-get (only once) …")
    code, _ = await _apt_get("install", "--no-install-recommends", package)
    if code != 0:  # the package lists are old, or were never fetched
        await _apt_get("update")
        code, said = await _apt_get("install", "--no-install-recommends", package)
        if code != 0:
            raise InstallFailedError(
                f"apt-get 无法安装 {package} / apt-get could not install {package}:\n{said[-2000:]}"
            )


async def _apt_get(*arguments: str) -> tuple[int, str]:
    # Runlevel 1 is where Debian starts no services.
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    apt_get = await asyncio.create_subprocess_exec(
        *("apt-get", "-qq", "-y", "-o", "DPkg::Lock::Timeout=300", *arguments),
        stdin=DEVNULL,
        stdout=PIPE,
        stderr=STDOUT,
        env=environment,
    )
    try:
        said, _ = await apt_get.communicate()
    except asyncio.CancelledError:
        apt_get.terminate()
        await apt_get.wait()
        raise
    return apt_get.returncode or 0, said.decode("utf-8", "replace")
