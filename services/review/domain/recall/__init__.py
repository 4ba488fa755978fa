"""Documents, brought to what facts of their own say, where the act behind these was lost with the store.

Officers act over HTTP, and deadlines by the clock: no message brings such an act back. But what was announced of it is
known, with the own signature. The history then says so: its entry is named after the fact, not after the act, and names
the fact as its cause. What the fact does not tell stays unknown: who acted, a note, single marks and ballots, who
objected.

Each fact changes only what it says itself; what followed from the same act was announced, too, and comes by its own.
"""
