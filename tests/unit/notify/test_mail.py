"""From a letter to a mail: the same one every time, in the wished language, and nothing of it in what is reported."""

from email.message import EmailMessage

import pytest
from pydantic import ValidationError

from dev.mail_sink import MailSink
from dev.ports import free_port
from services.notify.domain.letter import Deferred, Letter, Rejected, Sent, create
from services.notify.mail import SmtpTransport, Unreachable, compose, without_addresses
from tests.unit.notify.given import NOW, draft, profile, settings


def letter(**changes: object) -> Letter:
    change = create(None, draft(**changes), NOW)
    assert change
    return change.state


def mail(name: str = "林一", address: str = "lin@chamber.example", **changes: object) -> EmailMessage:
    person = profile(name=name, mail=address)
    return compose(letter(**changes), person, sender="notice@sihao.example", sender_name="“四好”平台")


def test_a_mail_is_the_same_however_often_it_is_made() -> None:
    assert mail().as_bytes() == mail().as_bytes()
    assert mail()["Message-ID"] == f"<{letter().id}@sihao.example>"
    assert mail()["Auto-Submitted"] == "auto-generated"
    assert mail(because="event-2")["Message-ID"] != mail()["Message-ID"]


@pytest.mark.parametrize(
    ("language", "subject", "words"),
    [
        ("zh", "申报进入审核", ("贵会的申报已受理。",)),
        ("en", "Application under review", ("Your application is under review.",)),
        (
            "both",
            "申报进入审核 / Application under review",
            ("贵会的申报已受理。", "Your application is under review."),
        ),
    ],
)
def test_a_mail_speaks_the_language_that_was_wished(language: str, subject: str, words: tuple[str, ...]) -> None:
    made = mail(language=language)
    body = made.get_content()
    assert made["Subject"] == subject
    assert [word in body for word in ("贵会的申报已受理。", "Your application is under review.")].count(True) == len(
        words
    )
    assert all(word in body for word in words)
    assert made.get_content_charset() == "utf-8"


def test_a_name_cannot_add_recipients() -> None:
    made = mail(name='x" <evil@example.org>, "y')
    assert [address.addr_spec for address in made["To"].addresses] == ["lin@chamber.example"]


def test_what_a_server_said_is_told_without_addresses() -> None:
    said = "550 5.1.1 <lin@chamber.example>: user LIN unknown\r\nin lin@other.example; linear"
    told = without_addresses(said, mail())
    assert told.startswith("550 5.1.1")
    assert "@" not in told
    assert "LIN" not in told
    assert "linear" in told
    assert len(without_addresses("x" * 900, mail())) == 200


def test_no_password_travels_in_clear() -> None:
    with pytest.raises(ValidationError, match="明文传输"):
        settings(smtp_security="none", smtp_user="notify", smtp_password="secret")
    assert settings(smtp_user="notify").smtp_security == "starttls"


async def test_a_real_mail_server_accepts_defers_and_rejects() -> None:
    async with MailSink() as sink:
        transport = SmtpTransport(settings(smtp_host=sink.host, smtp_port=sink.port, smtp_security="none"))
        sink.refuse("later@chamber.example")
        sink.refuse("never@chamber.example", permanently=True)
        outcomes = [await transport.send(mail(address=f"{who}@chamber.example")) for who in ("later", "never", "lin")]
        await transport.rest()
    assert isinstance(outcomes[0], Deferred)
    assert outcomes[0].reason.startswith("451")
    assert isinstance(outcomes[1], Rejected)
    assert outcomes[1].reason.startswith("550")
    assert outcomes[2] == Sent()
    assert [kept.message["Message-ID"] for kept in sink.mails] == [mail()["Message-ID"]]
    assert sink.mails[0].message.get_content().replace("\r\n", "\n") == mail().get_content()


async def test_no_server_is_nobody_s_fault() -> None:
    transport = SmtpTransport(settings(smtp_host="127.0.0.1", smtp_port=free_port(), smtp_security="none"))
    with pytest.raises(Unreachable):
        await transport.send(mail())
