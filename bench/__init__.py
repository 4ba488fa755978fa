"""Benchmarks: how fast the platform is beside the floor of this machine and beside what a user would take instead.

`python -m bench pipeline | accept | scale | scoring | promise | assignment` measure and keep JSON in `bench/results`;
`python -m bench report` writes `docs/benchmarks.md` from it, `python -m bench compare` sets it beside the committed
results and fails where a ratio fell. Whatever is compared is measured in one run, in turns.
"""
