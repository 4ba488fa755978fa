"""The platform's tests: unit, contract, integration, end to end, and what they share in `support`."""
