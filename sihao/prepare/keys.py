"""The keys of the centre: with one it signs what it announces, with the other its certificates."""

from pathlib import Path

from sihao.province.keys import generate

NAMES = ("signing", "certificates")


def prepare(folder: Path) -> dict[str, str]:
    """Make those that are not there yet, `<name>.key.pem` and its public half `<name>.key.jwk`; answers their ids."""
    made: dict[str, str] = {}
    folder.mkdir(parents=True, exist_ok=True)
    for name in NAMES:
        private = folder / f"{name}.key.pem"
        if not private.exists():
            made[name] = generate(private, private.with_suffix(".jwk"))
    return made
