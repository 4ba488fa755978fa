"""From a letter to a mail, and from a mail to the mail server. The only file that knows SMTP."""

import re
import socket
from email.headerregistry import Address
from email.message import EmailMessage
from typing import Protocol

from aiosmtplib import SMTP, SMTPException, SMTPRecipientsRefused, SMTPResponseException

from services.notify.domain.letter import Deferred, Letter, Outcome, Rejected, Sent
from services.notify.domain.recipient import Profile
from services.notify.settings import NotifySettings

_PERMANENT = 500
_LONGEST_REASON = 200
_TAGS = {"zh": "zh-CN", "en": "en"}


class Unreachable(Exception):  # noqa: N818 - it reads as what is the case: the mail server cannot be reached
    """No connection to the mail server: nobody's letter is at fault, and the next one would fare no better."""


class Transport(Protocol):
    """Hands mails over to a mail server."""

    async def send(self, message: EmailMessage) -> Outcome:
        """Hand over one mail.

        Raises:
            Unreachable: no connection, or it was refused as a whole (credentials, TLS).
        """
        ...

    async def rest(self) -> None:
        """Nothing more to send for now: let go of connections."""
        ...


class SmtpTransport:
    """The mail server over SMTP; connections are kept from one mail to the next until `rest`."""

    def __init__(self, settings: NotifySettings) -> None:
        self._settings = settings
        self._idle: list[SMTP] = []

    async def send(self, message: EmailMessage) -> Outcome:
        """Hand over one mail; see `Transport`."""
        smtp = self._idle.pop() if self._idle else await self._connect()
        try:
            outcome = await _hand_over(smtp, message)
        except (SMTPException, OSError) as error:
            smtp.close()
            return Deferred(reason=without_addresses(repr(error), message))
        except BaseException:
            smtp.close()
            raise
        self._idle.append(smtp)
        return outcome

    async def rest(self) -> None:
        """Close idle connections politely; one that is gone already is no matter."""
        while self._idle:
            smtp = self._idle.pop()
            try:
                await smtp.quit()
            except (SMTPException, OSError):
                smtp.close()

    async def _connect(self) -> SMTP:
        settings = self._settings
        smtp = SMTP(
            hostname=settings.smtp_host,
            port=settings.smtp_port,
            local_hostname=socket.gethostname(),
            use_tls=settings.smtp_security == "tls",
            start_tls=settings.smtp_security == "starttls",
            username=settings.smtp_user or None,
            password=settings.smtp_password.get_secret_value() or None,
            timeout=settings.smtp_timeout,
        )
        try:
            await smtp.connect()
        except (SMTPException, OSError) as error:
            smtp.close()
            raise Unreachable(type(error).__name__) from error
        return smtp


async def _hand_over(smtp: SMTP, message: EmailMessage) -> Outcome:
    """Send over an open connection; an answer of the server is an outcome, a broken connection an exception."""
    try:
        await smtp.send_message(message)
    except SMTPRecipientsRefused as refused:
        first = refused.recipients[0]
        return _answered(first.code, first.message, message)
    except SMTPResponseException as answer:
        return _answered(answer.code, answer.message, message)
    return Sent()


def _answered(code: int, said: str, message: EmailMessage) -> Outcome:
    reason = without_addresses(f"{code} {said}", message)
    return Rejected(reason=reason) if code >= _PERMANENT else Deferred(reason=reason)


def compose(letter: Letter, profile: Profile, *, sender: str, sender_name: str) -> EmailMessage:
    """The mail of a letter: the same Message-ID, date and words, however often it is transmitted."""
    words = letter.draft
    languages = ("zh", "en") if words.language == "both" else (words.language,)
    said = [
        (_TAGS[language], getattr(words.subject, language), getattr(words.body, language)) for language in languages
    ]
    if words.further:
        said.insert(1, (words.further.language, words.further.subject, words.further.body))
    mail = EmailMessage()
    mail["From"] = Address(sender_name, addr_spec=sender)
    mail["To"] = Address(profile.name, addr_spec=profile.mail or "")
    mail["Subject"] = " / ".join(subject for _, subject, _ in said)
    mail["Date"] = letter.at
    mail["Message-ID"] = f"<{letter.id}@{sender.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content("\n――――――――\n\n".join(body for _, _, body in said), charset="utf-8")
    mail["Content-Language"] = ", ".join(tag for tag, _, _ in said)
    return mail


def without_addresses(said: str, message: EmailMessage) -> str:
    """What a server said, in one line, without any mail address or the name before its @."""
    line = re.sub(r"\S+@\S+", "<…>", " ".join(said.split()))
    for header in ("To", "From"):
        for address in message[header].addresses:
            line = re.sub(rf"(?<!\w){re.escape(address.username)}(?!\w)", "…", line, flags=re.IGNORECASE)
    return line[:_LONGEST_REASON]
