"""The pure heart of every service: how a change is decided, named, chained and refused. No I/O, no clock, no framework.

- `canonical`: one value, one sequence of bytes, one digest.
- `state`:     what an aggregate is (`State`), and that its deadlines stand on it.
- `change`:    what a decider answers (`Change`), asks to wait for (`NotYet`) or refuses (`Refused`).
- `problem`:   a refusal in words: field, rule, remedy, in Chinese and English.
- `actor`:     who acts.
- `identity`:  ids derived from their cause, so that a repeated decision repeats the same ids.
- `history`:   the append-only, hash-chained record on every document, and its check.
- `calendar`:  days as people count them, in China's time.
"""
