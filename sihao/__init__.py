"""The `sihao` command: what people do at a terminal."""
