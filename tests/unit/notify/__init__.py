"""Notify, without sockets: audiences, letters, templates, the bulletin, its pages and the postman."""
