"""A mail server on loopback that delivers nothing: it keeps what it is given, and refuses what it is told to."""

import asyncio
from dataclasses import dataclass
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import SMTP as MAIL_POLICY
from types import TracebackType
from typing import Self

from aiosmtpd.smtp import SMTP, Envelope, Session

from dev.ports import LOOPBACK

_OK = "250 OK"
_LATER = "451 4.3.0 暂时无法投递 temporarily refused"
_NEVER = "550 5.1.1 无此收件人 no such recipient"


@dataclass(frozen=True)
class Mail:
    """One message as it was handed over: the envelope's sender and recipients, and the parsed message."""

    sender: str
    recipients: tuple[str, ...]
    message: EmailMessage


class MailSink:
    """The server; use it as `async with MailSink() as sink`, then send to `sink.host`, `sink.port`."""

    def __init__(self, port: int = 0, *, host: str = LOOPBACK) -> None:
        """Listen on `port`; 0 means any free one. At another `host` only inside a container."""
        self.host = host
        self.port = port
        self.mails: list[Mail] = []
        self._refusals: dict[str, tuple[str, int | None]] = {}
        self._arrived = asyncio.Condition()
        self._server: asyncio.Server | None = None

    def refuse(self, address: str, *, permanently: bool = False, times: int | None = None) -> None:
        """Refuse mail to `address`: with 451 (try again), or with 550 if `permanently`; `times` often, None: always."""
        self._refusals[address] = (_NEVER if permanently else _LATER, times)

    def accept(self, address: str) -> None:
        """Accept mail to `address` again."""
        self._refusals.pop(address, None)

    def to(self, address: str) -> list[Mail]:
        """The mails that were accepted for this address, in order of arrival."""
        return [mail for mail in self.mails if address in mail.recipients]

    async def until(self, count: int, *, within: float = 10.0) -> list[Mail]:
        """Wait until at least `count` mails have been accepted, and return all of them.

        Raises:
            TimeoutError: if fewer arrive within that many seconds.
        """
        async with asyncio.timeout(within), self._arrived:
            await self._arrived.wait_for(lambda: len(self.mails) >= count)
        return list(self.mails)

    async def handle_RCPT(  # noqa: N802 - the SMTP library asks for this name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Accept or refuse one recipient."""
        answer, times = self._refusals.get(address, (_OK, None))
        if times is not None:
            self._refusals[address] = (answer, times - 1)
            if times <= 1:
                self.accept(address)
        if answer == _OK:
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(  # noqa: N802 - the SMTP library asks for this name
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        """Keep one message."""
        content = envelope.original_content or b""
        message = BytesParser(EmailMessage, policy=MAIL_POLICY).parsebytes(content)
        async with self._arrived:
            self.mails.append(Mail(envelope.mail_from or "", tuple(envelope.rcpt_tos), message))
            self._arrived.notify_all()
        return _OK

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: SMTP(self, hostname="mail.invalid", enable_SMTPUTF8=True, loop=loop), self.host, self.port
        )
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is not None:
            self._server.close()
