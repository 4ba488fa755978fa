"""The generated documents, one file per kind: each module answers `{path: content}` and writes nothing.

- `schemas`:       the frozen JSON Schemas of the events; `compatibility` says what may change in one.
- `asyncapi`:      what each service hears and announces, as AsyncAPI 3.
- `openapi`:       the HTTP interfaces of the services.
- `catalogue`:     all events on one page, for people.
- `services`:      the services that are described, built without any connection.
"""
