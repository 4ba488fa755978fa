"""A disk of its own for a server's data, which can be filled up: a file with a file system in it, mounted.

The mounts are seen by this process and its children alone, and are gone with the last of them, however that ends.
"""

import asyncio
import ctypes
import os
import shutil
import tempfile
from asyncio.subprocess import PIPE, STDOUT
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path

_SIZE = 8 << 30
"""Bytes; only what is written takes room."""
_BALLAST = "ballast"
_BLOCK = 4096
_CLONE_NEWNS = 0x00020000
_TRIAL = 'cd "$1" && truncate -s 4M image && mkfs.ext4 -q image && mkdir there && mount -o loop image there'


class Disk:
    """What lies at a directory has a disk of its own while it is `mounted`."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    @asynccontextmanager
    async def mounted(self) -> AsyncIterator[None]:
        """Make it, empty, and mount it; unmount it at the end.

        Raises:
            OSError: with what the system's tools said.
        """
        _have_own_mounts()
        image = self._directory.with_suffix(".img")
        self._directory.mkdir(parents=True)
        with image.open("wb") as file:
            file.truncate(_SIZE)
        await _run("mount", "--make-rprivate", "/")
        await _run("mkfs.ext4", "-q", "-m", "0", str(image))
        await _run("mount", "-o", "loop", str(image), str(self._directory))
        try:
            yield
        finally:
            await _run("umount", "--lazy", str(self._directory))

    def fill(self) -> None:
        """Leave no room."""
        with (self._directory / _BALLAST).open("wb") as ballast:
            size, piece = 0, _SIZE
            while piece >= _BLOCK:
                try:
                    os.posix_fallocate(ballast.fileno(), size, piece)
                except OSError:
                    piece //= 2
                else:
                    size += piece

    def free(self) -> None:
        """Give the room back."""
        (self._directory / _BALLAST).unlink(missing_ok=True)


async def obstacle() -> str:
    """Why there can be no disk of its own here, in two languages; empty if there can."""
    tools = ("unshare", "mount", "mkfs.ext4", "truncate")
    missing = [tool for tool in tools if shutil.which(tool) is None]
    if missing:
        names = ", ".join(missing)
        return f"本机没有 {names} / there is no {names}"
    with tempfile.TemporaryDirectory() as directory:
        try:
            await _run("unshare", "--mount", "sh", "-c", _TRIAL, "sh", directory)
        except OSError as error:
            return f"不能挂载磁盘映像 / a disk image cannot be mounted: {error}"
    return ""


@cache
def _have_own_mounts() -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWNS) != 0:
        raise OSError(ctypes.get_errno(), "unshare")


async def _run(*command: str) -> None:
    process = await asyncio.create_subprocess_exec(*command, stdout=PIPE, stderr=STDOUT)
    said, _ = await process.communicate()
    if process.returncode:
        raise OSError(said.decode("utf-8", "replace").strip())
