"""The HTTP edge: tokens, access, problems, health, logs, traces, metrics."""
