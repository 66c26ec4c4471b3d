"""The whole path, Odoo → decision → Odoo, through the real services: on the sandbox here, on a server in tests/live."""
