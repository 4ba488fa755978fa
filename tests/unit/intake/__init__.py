"""Intake: its deciders, and the edges that need no socket."""
