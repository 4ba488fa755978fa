"""HTTP in → deciders: one file per resource."""
