"""A province's own review service: admitted at the centre, joined at the province, linked through a broker of its own.

`sihao province add` at the centre makes the province's user, rights and queues and writes a **join file**;
`sihao province join` at the province checks everything and writes the settings of its review service;
`sihao province link` sets up shovels on the province's own broker, for whoever wants to work on through an outage.

Read on: `rights.py` (what a province may do) → `topology.py` (what stands for it) → `admission.py` (the centre) →
`join_file.py` → `examination.py` (the province's checks) → `link.py` (the other way of connecting).
"""
