"""What intake decides, without clock, store or network.

- `credit_code`: GB 32100 codes, and the area they name.    - `chamber`:     a registered chamber; renames.
- `importing`:   rows of a list → chambers or errors.       - `lists`:       an imported list, accepted in one write.
- `rubric`:      what scoring has published.                - `round`:       draft → frozen → open → closed.
- `application`: the state.      - `filling`: facts, files.  - `submitting`: start, submit, withdraw.
- `timeline`:    what was heard, in order; the status.      - `receipt`:     the proof of what was handed in.
- `facts`:       how large facts may be.   - `media`: what a file's bytes are.   - `refusals`: every “no”, in words.
"""
