"""Settings of notify, beyond those every service has. Read from the environment, prefix `SIHAO_`."""

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, SecretStr, model_validator

from services.notify.domain.recipient import MAIL_ADDRESS
from shared.runtime.settings import Settings


class NotifySettings(Settings):
    """The mail server, the sender, and the address under which people find the bulletin."""

    smtp_host: str
    """发信所用邮件服务器。
    Mail server that takes our letters."""
    smtp_port: int = Field(default=587, ge=1, le=65535)
    """其端口。
    Its port."""
    smtp_security: Literal["none", "starttls", "tls"] = "starttls"
    """连接如何加密；`none` 仅限同机或内网的服务器，且不得设用户。
    How the connection is protected; `none` only for a server on the same machine or network."""
    smtp_user: str = ""
    """邮件服务器账号（如需要）。
    User, where the server asks for one."""
    smtp_password: SecretStr = SecretStr("")
    """该账号的密码。
    Password of that user."""
    smtp_timeout: float = Field(default=20.0, gt=0)
    """等待邮件服务器应答的秒数。
    Seconds to wait for any answer of the mail server."""
    sender: str = Field(pattern=MAIL_ADDRESS)
    """发件地址；其域名用于 Message-ID。
    Mail address the letters come from; its domain is that of their Message-ID."""
    sender_name: str = "“四好”商会认定平台"
    """发件人名称。
    Its name."""
    mail_parallel: int = Field(default=8, ge=1, le=50)
    """同时发送的信函数。
    Letters in transmission at the same time."""
    mail_every: float = Field(default=1.0, gt=0)
    """队列为空时，两次查看之间的秒数。
    Seconds between two looks at the queue when it was empty."""

    languages: Path | None = None
    """通知与页面的其他语言文字的目录，见 `docs/own-rules.md`。
    Folder with further languages of letters and pages: `docs/own-rules.md`."""
    language: str | None = None
    """页面对未以 `Accept-Language` 要求其他语言者，一律另行显示的语言代码。
    Tag of the further language that pages show to everybody who asks for none by `Accept-Language`."""

    certificates: dict[str, str] = Field(default={}, examples=[{"national-sihao": "https://review.example"}])
    """各称号的证书由何处的审核服务提供（JSON）；未列出的不带链接。
    Where the review service is that gives certificates, by honour line (JSON); a line without has no links."""

    @property
    def site(self) -> str:
        """Where the public pages are, without a slash at the end."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")

    @model_validator(mode="after")
    def _no_password_in_clear(self) -> Self:
        if self.smtp_user and self.smtp_security == "none":
            raise ValueError(
                "SIHAO_SMTP_SECURITY=none 时不得配置用户，密码会以明文传输；请改用 starttls 或 tls / "
                "with SIHAO_SMTP_SECURITY=none the password would travel in clear: use starttls or tls"
            )
        return self
