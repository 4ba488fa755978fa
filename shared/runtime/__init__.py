"""Service defaults: everything a service needs around its pure deciders, built once.

In the order in which a message travels:

- `start`, `configured`, `settings`, `service`: what a service is made of, and how its parts start and stop together.
- `handlers`:  the handler table: which event changes which kind of document, by which decider.
- `lane`:      takes batches from the queues, parks what cannot be read, acknowledges what is done.
- `message`:   one message on its way: read, routed, decided.
- `documents`: loads, decides (`fold`), commits state + history + outbox in one write each (`kinds`, `work`).
- `commands`:  the same road for HTTP: concurrent commands share one commit.
- `relay`:     publishes outboxes with confirms and clears them; sweeps what a crash left.
- `deadlines`: lets time act on documents whose deadline passed.
- `dead`:      the dead letters: list, show, replay.
- `mongo`, `amqp`, `topology`: the only modules that know the drivers.
- `clock`, `tokens`, `access`, `http`, `edge`, `problems`, `sentences`, `pages`, `reference`, `health`, `telemetry`,
  `metrics`, `logs`: the edges.
- `face`:      the same handler table as FastStream shows it: AsyncAPI, and tests in memory.
"""
