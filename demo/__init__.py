"""One whole round, shown: the scenario as data in `scenario/`, and the driver that plays it through the public API.

- `data`, `parts` the scenario, read and typed     - `generate`  how its synthetic part was made, from a fixed seed
- `stand`    broker users, issuer, five processes  - `api`       the platform as its callers see it
- `given`    or a platform that is there already
- `round`    the whole round, act by act           - `play`      what every act works with
- `opening`  chambers, round, experts, people      - `chambers`  what secretaries do
- `officers` what officers do                      - `experts`   what experts do
- `finale`   notice, announcement, honours         - `account`   whether every application is accounted for
- `show`, `summary` progress and result, in words  - `__main__`  `python -m demo [--once]`
"""
