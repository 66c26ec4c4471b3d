"""Looks after the connection to Odoo: its key, its rights, its API, and what others do on the same records."""
