"""What a deployment is made of, as far as it was named; what was not is not looked at, and that is said."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.contracts.area import CENTRE
from sihao.services import SERVICES


class NotAService(ValueError):  # noqa: N818 - it names what was given
    """What was named is no service of ours."""


@dataclass(frozen=True)
class Named:
    """One service, as it was named: `review-35=…`."""

    name: str
    """`intake`, `scoring`, `notify`, `review` at the centre, `review-35` in a province."""
    value: str
    """Its address, or its database."""

    @property
    def service(self) -> str:
        """Which of the four."""
        return self.name.partition("-")[0]

    @property
    def areas(self) -> str:
        """Of review: whose it is."""
        return self.name.partition("-")[2] or CENTRE


def parse(written: str) -> list[Named]:
    """`intake=sihao_intake,review-35=sihao_review_35`.

    Raises:
        NotAService: a part is not written so, or names another service.
    """
    found = []
    for part in filter(None, (one.strip() for one in written.split(","))):
        name, _, value = part.partition("=")
        named = Named(name.strip(), value.strip())
        if named.service not in SERVICES or not named.value:
            raise NotAService(part)
        found.append(named)
    return found


@dataclass(frozen=True)
class Place:
    """A deployment."""

    amqp_url: str = ""
    rabbit_api_url: str = ""
    mongo_url: str = ""
    databases: tuple[Named, ...] = ()
    services: tuple[Named, ...] = ()
    smtp: tuple[str, int] | None = None
    jwks_url: str = ""
    otlp_url: str = ""
    traces_url: str = ""
    signing_key: str = ""
    trust: str = ""
    skew: float = 5.0
    """Seconds by which clocks may differ. Our default."""
    environment: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, environment: Mapping[str, str], *, skew: float) -> "Place":
        """What the environment names: the variables of the services, and `SIHAO_DATABASES`, `SIHAO_SERVICES`.

        Raises:
            NotAService: one of these two cannot be read.
        """
        given = {name: value for name, value in environment.items() if value}
        host = given.get("SIHAO_SMTP_HOST")
        return cls(
            amqp_url=given.get("SIHAO_AMQP_URL", ""),
            rabbit_api_url=given.get("SIHAO_RABBIT_API_URL", ""),
            mongo_url=given.get("SIHAO_MONGO_URL", ""),
            databases=tuple(parse(given.get("SIHAO_DATABASES", ""))),
            services=tuple(parse(given.get("SIHAO_SERVICES", ""))),
            smtp=(host, int(given.get("SIHAO_SMTP_PORT", "587"))) if host else None,
            jwks_url=given.get("SIHAO_OIDC_JWKS_URL", ""),
            otlp_url=given.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") or given.get("OTEL_EXPORTER_OTLP_ENDPOINT", ""),
            traces_url=given.get("SIHAO_TRACES_URL", ""),
            signing_key=given.get("SIHAO_SIGNING_KEY", ""),
            trust=given.get("SIHAO_TRUST", ""),
            skew=skew,
            environment=given,
        )

    @property
    def empty(self) -> bool:
        """Whether nothing at all was named."""
        named = (self.amqp_url, self.rabbit_api_url, self.mongo_url, self.services, self.smtp, self.jwks_url)
        return not any((*named, self.otlp_url, self.signing_key))

    @property
    def names(self) -> tuple[Named, ...]:
        """The services whose queues must stand: those that were named, by address or by database."""
        return tuple({one.name: one for one in (*self.databases, *self.services)}.values())
