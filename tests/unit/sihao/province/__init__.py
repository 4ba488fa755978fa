"""Provinces at the terminal: what can be told without servers."""
