"""The settings of a review deployment."""

from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from shared.contracts.area import level_of, outermost, parse_area
from shared.runtime.settings import Settings


def _areas(written: str) -> str:
    areas = [parse_area(area.strip()) for area in written.split(",")]
    for area in areas:
        if level_of(area) == "county":
            raise ValueError(
                f"审核服务到省、市为止，{area} 是县级 / review serves provinces and cities; {area} is a county"
            )
    if len(set(areas)) < len(areas):
        raise ValueError("地区重复 / an area is named twice")
    return ",".join(areas)


class ReviewSettings(Settings):
    """Whose review this deployment is."""

    areas: Annotated[str, AfterValidator(_areas)] = Field(examples=["35", "35,3502", "3502", "CN,33,43"])
    """所服务的地区，以逗号分隔：一省、自办周期的市，或 `CN` 及中央代办的省。一市只能由一处服务。
    The jurisdictions it serves, by comma: a province, a city for the rounds of its own, or `CN` and those the centre
    hosts. A city is served by whoever names it: its province beside itself, or a deployment of its own, never both."""

    procedures: Path | None = None
    """自有审核程序（YAML）的目录，在平台程序之外，见 `docs/own-rules.md`。
    Folder with procedures of its own (YAML), beside those of the platform: `docs/own-rules.md`."""

    export_rows: int = Field(default=200_000, ge=1, le=1_000_000)
    """一次导出至多的案件数；一张工作表至多 1,048,576 行。
    Cases that one export may hold; a sheet ends at 1,048,576 rows."""
    export_every: float = Field(default=1.0, gt=0)
    """两次查看待办导出之间的秒数。
    Seconds between two looks for exports that wait."""

    certificate_key: Path | None = None
    """签发证书的私钥文件（Ed25519，PEM）；不设则不出证书。
    File with the private key that signs certificates (Ed25519, PEM); without it none are given."""
    certificate_former_keys: Path | None = None
    """旧签发公钥文件（JWK Set），使旧证书仍可核验。
    File with the public keys that signed earlier (JWK Set), so that their certificates can still be verified."""
    bulletin_url: str = ""
    """公示栏的公开地址，用于证书；空：同 `SIHAO_PUBLIC_URL`。
    The address under which people reach the public bulletin, for certificates; empty: the same as `public_url`."""
    lines: Path | None = None
    """称号系列文件，写明各由谁授予、如何称呼；默认 `shared/lines/lines.yaml`。
    File with the honour lines, who grants each and what it is called; by default `shared/lines/lines.yaml`."""
    fonts: Path | None = None
    """证书字体目录；默认为随附字体。
    Folder with fonts for certificates; by default those that come with the dependencies."""

    @model_validator(mode="after")
    def _who_signs_has_an_address(self) -> Self:
        if self.certificate_key and not self.public_url:
            raise ValueError("签发证书须设 SIHAO_PUBLIC_URL / certificates need SIHAO_PUBLIC_URL, the issuer's address")
        return self

    @property
    def jurisdictions(self) -> tuple[str, ...]:
        """The jurisdictions, one by one."""
        return tuple(self.areas.split(","))

    @property
    def scope(self) -> str:
        """The name of its queues: of its outermost areas, so that they keep it when it comes to serve a city inside."""
        return "-".join(outermost(self.jurisdictions))
