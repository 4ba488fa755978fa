"""What all services share: the language between them, the pure heart, and the wiring. No domain rule, ever."""
