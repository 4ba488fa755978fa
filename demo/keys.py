"""The keys of one run: the centre's, Fujian's own, and what each process is told of them."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from joserfc.jwk import OKPKey


class Keys:
    """Two new keys in files."""

    def __init__(self, directory: Path) -> None:
        self._centre, self.province = directory / "centre.signing.pem", directory / "fujian.signing.pem"
        self.trust = directory / "centre.keys.json"
        centre, province = OKPKey.generate_key("Ed25519"), OKPKey.generate_key("Ed25519")
        self._centre.write_bytes(centre.as_pem(private=True))
        self.province.write_bytes(province.as_pem(private=True))
        self.trust.write_text(json.dumps({"keys": [centre.as_dict(private=False)]}), encoding="utf-8")
        self.public: dict[str, Any] = province.as_dict(private=False)
        """The public half of Fujian's, for the centre's register."""

    def settings(self, *, of_centre: bool) -> Mapping[str, str]:
        """The variables of a process: the centre's trust what they sign with, the province trusts the centre."""
        if of_centre:
            return {"SIHAO_SIGNING_KEY": str(self._centre)}
        return {"SIHAO_SIGNING_KEY": str(self.province), "SIHAO_TRUST": str(self.trust)}
