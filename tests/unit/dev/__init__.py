"""Tests of the developers' tools which start no broker and no store."""
