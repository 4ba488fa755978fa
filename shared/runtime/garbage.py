"""The garbage collector, set for work in batches.

A batch of messages is a hundred thousand small objects that live until it is acknowledged and then go by their
reference counts. The collector's defaults look through all of them, and through everything loaded at the start, again
and again: a third of the time that reading takes. So what is loaded at the start is left out for good, and the young
are looked through only once there are as many as a batch makes.
"""

import gc

_YOUNG = 50_000
"""Objects made and not yet gone, after which the young ones are looked through (Python's default: 700)."""
_MIDDLE, _OLD = 20, 20
"""How many looks at one generation make a look at the next."""


def settle() -> None:
    """Leave everything that is loaded now out of every later collection, and collect less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, _MIDDLE, _OLD)
