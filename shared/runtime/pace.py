"""How fast what has waited goes out, so that whoever hears it can do other work beside. Pure."""


class Pace:
    """So many in a second, and no pile of what was not used before."""

    def __init__(self, rate: float | None) -> None:
        """`rate` per second; None: as fast as may be."""
        self.rate = rate
        self._free_at = 0.0

    @property
    def portion(self) -> int | None:
        """How many may go together: those of a quarter of a second, so that they come evenly; None: any number."""
        return None if self.rate is None else max(1, int(self.rate / 4))

    def wait(self, count: int, now: float) -> float:
        """So many are sent now: the seconds to wait before more are. `now` by any clock that only goes forward."""
        if self.rate is None:
            return 0.0
        self._free_at = max(self._free_at, now) + count / self.rate
        return self._free_at - now
