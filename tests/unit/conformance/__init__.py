"""The conformance kit, without a bus."""
