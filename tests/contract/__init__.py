"""The language between the services: schemas, golden examples, who hears what, and the documents made of it."""
