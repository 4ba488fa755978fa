"""Tests that open no socket, no file outside the tree, and take milliseconds each."""
