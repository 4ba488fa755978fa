"""The fault suite: its checker, its parts, and its short form on real processes."""
