"""Tests of the demo's scenario."""
