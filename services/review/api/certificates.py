"""Certificates 证书: an honour as a signed statement and as PDF; status lists and public keys for whoever verifies one.

Offline verification needs three files from here: the certificate, the keys, the status list.
"""

import asyncio
import hashlib
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Path, Response

from services.review.api.desk import Desk
from services.review.domain import credential as credentials
from services.review.domain import honour as honours
from services.review.domain import place as places
from services.review.domain import status_list as lists
from services.review.domain.credential import Credential
from services.review.issuing import Issuer
from services.review.printing import Printer
from services.review.store import BLOCKS, CHAMBERS, HONOURS
from shared.kernel.actor import Actor
from shared.kernel.command import missing
from shared.kernel.problem import problem
from shared.runtime.access import public
from shared.runtime.problems import HttpProblem

Anyone = Annotated[Actor, public("证书供任何人核验 / certificates are for anyone to verify")]
HonourId = Annotated[str, Path(max_length=200, examples=["national-sihao:51350200MJB00102XM:CN-2020"])]
LineId = Annotated[str, Path(max_length=40, examples=["national-sihao"])]

ISSUER = Actor(id="review.issuer", role="service")
CREDENTIAL = f"application/{credentials.TYPE}"
STATUS_LIST = f"application/{lists.TYPE}"
JWK_SET = "application/jwk-set+json"
PDF = "application/pdf"
_KEPT = timedelta(minutes=1)
"""How long a list that was made serves who asks next. Our default."""
_FRESH = int(lists.TTL.total_seconds())


class NotGiven(HttpProblem):
    """This deployment gives no certificates."""

    status = HTTPStatus.SERVICE_UNAVAILABLE


def router(desk: Desk) -> APIRouter:
    """The endpoints."""
    routes = APIRouter(tags=["证书 / certificates"])
    kept = _Lists(desk)

    @routes.get(
        "/honours/{honour}/credential",
        response_class=Response,
        responses=_as_file(CREDENTIAL, "已签名的证书 / the certificate, signed"),
        summary="证书数据 / the certificate as data",
    )
    async def credential(honour: HonourId, _by: Anyone) -> Response:
        """A JWT (compact JWS, Ed25519); the claims are those of the register."""
        issuer = _issuer(desk)
        return _file(issuer.sign(credentials.TYPE, await _stated(desk, issuer, honour)), CREDENTIAL)

    @routes.get(
        "/honours/{honour}/certificate.pdf",
        response_class=Response,
        responses=_as_file(PDF, "可打印的证书 / the certificate, to be printed"),
        summary="证书 PDF / the certificate as PDF",
    )
    async def certificate(honour: HonourId, _by: Anyone) -> Response:
        """A4. The QR code holds the address to look it up at, and behind `#` the signed statement itself."""
        issuer, printer = _issuer(desk), _printer(desk)
        statement = await _stated(desk, issuer, honour)
        signed = issuer.sign(credentials.TYPE, statement)
        scanned = credentials.scanned(desk.bulletin, honour, signed)
        return _file(await printer.pdf(statement, scanned), PDF)

    @routes.get(
        "/status-lists/{line}",
        response_class=Response,
        responses=_as_file(STATUS_LIST, "已签名的状态列表 / the status list, signed"),
        summary="状态列表 / status list",
    )
    async def status_list(line: LineId, _by: Anyone) -> Response:
        """Which certificates of a line do not hold: an IETF Token Status List.

        Revoked or ended with the chamber (1), suspended (2), superseded (3).
        """
        return _file(await kept.current(line, _issuer(desk)), STATUS_LIST)

    @routes.get(
        "/.well-known/jwks.json",
        response_class=Response,
        responses=_as_file(JWK_SET, "公钥集 / the public keys", {"type": "object"}),
        summary="公钥 / public keys",
    )
    async def keys(_by: Anyone) -> Response:
        """The public keys (JWK Set) that sign certificates and status lists here, or did."""
        return _file(_issuer(desk).published, JWK_SET)

    return routes


async def _stated(desk: Desk, issuer: Issuer, honour: str) -> Credential:
    """What is stated about an honour; it is given its place in the status list if it has none yet.

    Raises:
        NotFound: there is no such honour here, it is suspended, or has ended.
    """
    register = await desk.store.get(HONOURS, honours.register_of(honour))
    term = register.term(honour) if register else None
    if register is None or term is None:
        raise missing("honours", honour, "称号", "honour")
    credentials.require_issuable(term)
    key, take = places.block_key(register.line, honour), places.Take(line=register.line, honour=honour)
    block = await desk.store.get(BLOCKS, key)
    if block is None or honour not in block.places:
        done = await desk.commands.do(BLOCKS, key, take, places.take, what="take", by=ISSUER)
        block = done.state or await desk.store.need(BLOCKS, key, "状态列表", "status list")
    known = await desk.store.get(CHAMBERS, register.code)
    name = known.name if known else None
    return Credential.of(register, term, issuer=issuer.address, place=block.places[honour], name=name)


class _Lists:
    """Signed status lists, each kept for a minute, so that whoever asks often costs little."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._kept: dict[str, tuple[datetime, str]] = {}
        self._one = asyncio.Lock()

    async def current(self, line: str, issuer: Issuer) -> str:
        """The list of a line.

        Raises:
            NotFound: nobody here holds or held an honour of it.
        """
        async with self._one:
            now = self._desk.clock.now()
            made, signed = self._kept.get(line, (None, ""))
            if made is None or not made <= now < made + _KEPT:
                signed = await self._make(line, issuer, now)
                self._kept[line] = (now, signed)
            return signed

    async def _make(self, line: str, issuer: Issuer, now: datetime) -> str:
        store = self._desk.store
        if not await store.has_line(line):
            raise missing("status-lists", line, "称号系列", "honour line")
        statuses = lists.statuses(await store.told(line), await store.places(line))
        address = credentials.list_address(issuer.address, line)
        made = await asyncio.to_thread(lists.make, issuer.address, address, statuses, now)
        return issuer.sign(lists.TYPE, made)


def _issuer(desk: Desk) -> Issuer:
    if desk.issuer is None:
        raise NotGiven(
            problem(
                "certificate.no-key",
                "SIHAO_CERTIFICATE_KEY",
                rule=("本服务未配置证书签名密钥。", "This service has no key to sign certificates with."),
                remedy=(
                    "请运维人员设置后重试；称号可在登记册查验。",
                    "The operators set it; meanwhile see the register.",
                ),
            )
        )
    return desk.issuer


def _printer(desk: Desk) -> Printer:
    if not desk.printer.installed:
        raise NotGiven(
            problem(
                "certificate.no-press",
                "SIHAO_CERTIFICATE_KEY",
                rule=(
                    "本服务未安装印制证书所需的组件。",
                    "This service was installed without what prints certificates.",
                ),
                remedy=(
                    "可改取签名数据 /honours/…/credential；请运维人员改用含证书组件的镜像。",
                    "Take the signed data, /honours/…/credential; the operators use the image with certificates.",
                ),
            )
        )
    return desk.printer


def _file(content: str | bytes, media_type: str) -> Response:
    body = content.encode() if isinstance(content, str) else content
    headers = {"Cache-Control": f"public, max-age={_FRESH}", "ETag": f'"{hashlib.sha256(body).hexdigest()}"'}
    return Response(body, media_type=media_type, headers=headers)


def _as_file(media_type: str, words: str, schema: dict[str, Any] | None = None) -> dict[int | str, dict[str, Any]]:
    """How OpenAPI describes such an answer: bytes to be taken as they are, unless a schema says more."""
    opaque = {"type": "string", "format": "binary"}
    return {200: {"description": words, "content": {media_type: {"schema": schema or opaque}}}}
