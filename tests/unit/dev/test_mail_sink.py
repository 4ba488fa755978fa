"""The mail sink keeps what it accepts and refuses whom it is told to."""

from email.message import EmailMessage

import aiosmtplib
import pytest

from dev.mail_sink import MailSink

SENDER = "bulletin@example.invalid"
CHAIR = "chair@example.invalid"


@pytest.fixture
async def sink():
    async with MailSink() as running:
        yield running


async def _send(sink, *recipients, subject="评定结果"):
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = SENDER, ", ".join(recipients), subject
    letter.set_content("公示已开始。\nThe notice has begun.\n")
    return await aiosmtplib.send(letter, hostname=sink.host, port=sink.port, start_tls=False)


async def test_an_accepted_letter_is_kept_with_its_envelope(sink):
    await _send(sink, CHAIR)
    (mail,) = await sink.until(1)
    assert (mail.sender, mail.recipients) == (SENDER, (CHAIR,))
    assert mail.message["Subject"] == "评定结果"
    assert mail.message.get_content().split() == ["公示已开始。", "The", "notice", "has", "begun."]
    assert sink.to(CHAIR) == [mail]
    assert sink.to(SENDER) == []


async def test_a_temporary_refusal_ends_after_so_many_times(sink):
    sink.refuse(CHAIR, times=2)
    for _ in range(2):
        with pytest.raises(aiosmtplib.SMTPRecipientsRefused) as refused:
            await _send(sink, CHAIR)
        assert refused.value.recipients[0].code == 451
    await _send(sink, CHAIR)
    assert len(sink.to(CHAIR)) == 1


async def test_a_permanent_refusal_concerns_one_address_until_it_is_lifted(sink):
    sink.refuse(CHAIR, permanently=True)
    failed, _ = await _send(sink, CHAIR, "clerk@example.invalid")
    assert {address: answer.code for address, answer in failed.items()} == {CHAIR: 550}
    assert sink.mails[0].recipients == ("clerk@example.invalid",)
    sink.accept(CHAIR)
    await _send(sink, CHAIR)
    assert len(sink.to(CHAIR)) == 1


async def test_waiting_for_a_letter_that_does_not_come_ends(sink):
    with pytest.raises(TimeoutError):
        await sink.until(1, within=0.05)
