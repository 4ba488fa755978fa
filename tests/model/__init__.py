"""The outbox/inbox protocol as a state machine: the real runtime, without I/O, under every fault we could think of.

    loop         an event loop that touches nothing and whose time stands until it is told
    gates        the points at which a process may die, fail or hang
    collections  what `mongo.Database` asks of its driver, in memory
    broker       exchange, queues, deliveries, confirms and acknowledgements, in memory
    process      one replica of a service, wired like `Service`, with those two as its driver
    world        services in replicas, a store each, one broker, one clock
    audit        what must hold at every moment, and once all is quiet
    machine      what may happen: the rules
    toys, road   the services that are driven: three toy services; the platform's own from submission to letter
    mutants      the runtime with one guard removed, each of which has to be found out

Everything between the two doubles is the code that runs in production: `Lane`, `Documents`, `Fold`, `Relay`,
`Commands`, `Deadlines`, `DeadLetters`, `Publisher.publish` and its waves, `mongo.Database`, `Tasks`, the handler tables
and the deciders. What only talks to the outside is left out: connecting, declaring, `consuming.consume`, the driver.
"""
