"""What two organs hand each other when an area moves: lines, and below them who says what about them, signed.

A gzip file of JSON lines, for its owner only. The last line is a JWS (RFC 7515, compact, Ed25519) whose payload names
the move and the root over all lines before it (RFC 9162), so that not a byte of them can be changed, left out or added.

    hand-over   from whom it leaves: every document of the area, sealed
    receipt     from whom it comes to: they are all here
    release     from whom it leaves: act; with the messages that still wait for the area
"""

import gzip
import json
import os
import zlib
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Literal

from joserfc import jws
from joserfc.errors import JoseError
from pydantic import BaseModel, ConfigDict, ValidationError

from shared.contracts import Area, Instant
from shared.contracts.event import Sha256
from shared.kernel.canonical import canonical_bytes
from shared.kernel.command import refused
from shared.kernel.ed25519 import public_key
from shared.kernel.keys import RegisteredKey
from shared.kernel.merkle import Growing
from shared.runtime.signing import REGISTRY, Signer
from sihao.province.join_file import PRIVATE

TYPE = "sihao-hand-over+jws"
_SIGNED = b'{"signed":'
What = Literal["hand-over", "receipt", "release"]


class Said(BaseModel):
    """What is signed."""

    model_config = ConfigDict(frozen=True, extra="ignore", use_attribute_docstrings=True)

    form: Literal[1] = 1
    """Version of this form."""
    what: What
    """Which of the three it is."""
    area: Area
    """The area that moves."""
    move: str
    """Id of the move."""
    number: int
    """Which move of this area it is."""
    source: Area
    """Whose service it leaves: `CN`, or the area's own."""
    target: Area
    """Whose service it comes to."""
    at: Instant
    """When this was said."""
    root: Sha256
    """Stands for every document of the area."""
    documents: int
    """How many those are."""
    counts: Mapping[str, int] = {}
    """Of the lines above, how many of each kind."""
    lines: int = 0
    """How many lines stand above."""
    lines_root: Sha256 = "0" * 64
    """Stands for all of them."""


async def write(path: Path, said: Said, lines: AsyncIterator[tuple[str, bytes]], signer: Signer) -> Said:
    """Write the lines, each with its kind, and sign below; in one step, for the owner only. Answers what was signed."""
    counts, tree = dict[str, int](), Growing()
    with NamedTemporaryFile("wb", dir=path.parent, delete=False) as new:
        try:
            os.fchmod(new.fileno(), PRIVATE)
            with gzip.GzipFile(fileobj=new, mode="wb", filename="", mtime=0) as packed:
                async for kind, line in lines:
                    counts[kind] = counts.get(kind, 0) + 1
                    tree.add(line)
                    packed.write(line + b"\n")
                whole = said.model_copy(update={"counts": counts, "lines": tree.size, "lines_root": tree.root.hex()})
                signed = signer.state(canonical_bytes(whole.model_dump(mode="json")), TYPE)
                packed.write(canonical_bytes({"signed": signed}) + b"\n")
            new.flush()
            os.fsync(new.fileno())
        except BaseException:  # half of it is of no use, and may hold personal data
            os.unlink(new.name)  # noqa: PTH108 - asynchronous code knows no paths
            raise
    os.replace(new.name, path)  # noqa: PTH105 - asynchronous code knows no paths
    return whole


def lines_of(path: Path) -> Iterator[bytes]:
    """The lines above the signature, one by one; `read` has seen that they are whole."""
    for line in _all(path):
        if not line.startswith(_SIGNED):
            yield line


def read(path: Path, keys: Mapping[str, RegisteredKey]) -> Said:
    """What the file says, its signature and all its lines verified.

    Raises:
        Refused: it is damaged, changed, or signed by somebody else than it says.
        OSError: it cannot be read.
    """
    tree, signed = Growing(), b""
    for line in _all(path):
        if signed:
            raise _damaged(path)
        if line.startswith(_SIGNED):
            signed = line
        else:
            tree.add(line)
    if not signed:
        raise _damaged(path)
    said = _opened(path, signed, keys)
    if (said.lines, said.lines_root) != (tree.size, tree.root.hex()):
        raise _damaged(path)
    return said


def _opened(path: Path, line: bytes, keys: Mapping[str, RegisteredKey]) -> Said:
    try:
        token = json.loads(line)["signed"]
        kid = str(jws.extract_compact(token.encode(), registry=REGISTRY).protected["kid"])
        key = keys.get(kid)
        if key is None:
            raise _stranger(path, kid)
        opened = jws.deserialize_compact(token, public_key(key.jwk.model_dump()), registry=REGISTRY)
        said = Said.model_validate_json(opened.payload)
    except (ValueError, KeyError, TypeError, AttributeError, JoseError, ValidationError) as error:
        raise _damaged(path) from error
    speaker = said.target if said.what == "receipt" else said.source
    if opened.protected.get("typ") != TYPE or key.area != speaker or key.withdrawn_at or not key.covers(said.at):
        raise _stranger(path, kid)
    return said


def _all(path: Path) -> Iterator[bytes]:
    try:
        with gzip.open(path, "rb") as packed:
            for line in packed:
                yield line.rstrip(b"\n")
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise _damaged(path) from error


def _damaged(path: Path) -> Exception:
    return refused(
        "hand-over.damaged",
        str(path),
        rule=("文件不完整，或内容与签名不符。", "The file is not whole, or is not what was signed."),
        remedy=("请对方重新提供，核对大小和校验和。", "Ask for it again; compare size and checksum."),
    )


def _stranger(path: Path, kid: str) -> Exception:
    return refused(
        "hand-over.signature",
        str(path),
        rule=(f"签名密钥 {kid} 不属于应当签署此文件的一方。", f"Key {kid} is not of the side that has to sign this."),
        remedy=(
            "中央须登记该省公钥；省级须以 SIHAO_TRUST 给出中央公钥。",
            "The centre registers the province's key; the province names the centre's keys in SIHAO_TRUST.",
        ),
    )
