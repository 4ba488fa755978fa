"""`sihao trace`: the road of one application through all services, from their histories and, where one is set, traces.

reading   what the stores know: histories, letters, dead letters, outboxes
steps     pure: which step caused which, and how long each waited
spans     the same from a trace store (Jaeger's query API)
show      as a tree at the terminal
cli       the command
"""
