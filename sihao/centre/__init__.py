"""`sihao centre`: the centre's own signing key, made and registered; and who of its services signs with it.

A province that trusts the centre's keys believes nothing unsigned, so every service of the centre must sign before a
province relies on it. `signing.py` asks the broker: every process says on its connection which key it signs with.
"""
