"""What a user would take instead: the same three steps, one small program each, at the same durability.

Each reads, routes and decides with the same code, looks the document up and inserts the same document (majority,
journal), and sends the next message persistently and confirmed; it acknowledges afterwards. None has an outbox to
clear or a batch to gather, because a program written after its documentation has not: a crash between writing and
sending loses the next step, which is more than the comparison grants the platform.
"""
