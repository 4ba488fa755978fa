"""The fault suite: the whole platform under load while everything breaks, and then the reckoning.

Two replicas of every service run as processes on a broker and a store of their own, every connection through a wire
that can be cut, stalled or slowed. Chambers apply and officers decide over HTTP; faults strike by a printed seed. When
all is healed and quiet, the checker reads stores, queues and the driver's own log, and whatever was lost, doubled or
contradicts itself is printed with its documents.

    schedule ──► faults/*  ──►  stage (processes, wires, clocks, broker, store)
                                  ▲
    load, officers  ── front ─────┘        ledger: what was answered with yes
    evidence (stores, queues, tap) ──► checker ──► report

- `stage`, `replica`, `wire`: what runs, and where it can be broken.
- `launcher`, `points`, `mutants`: a service as it is, with named points to die at; or made wrong on purpose.
- `front`, `load`, `officers`, `ledger`: people, and what the driver knows because it was told.
- `tap`: everything that was announced, for the reckoning and for doing it again.
- `faults`, `schedule`: what breaks, when, and how it is mended.
- `evidence`, `checker`, `report`: what is there afterwards, whether it holds, and how that is told.
"""
