"""What all services share: the language between them, the pure heart, the honour lines, and the wiring. No rule."""
