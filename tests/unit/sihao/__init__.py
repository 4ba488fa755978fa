"""Tests of the `sihao` command."""
