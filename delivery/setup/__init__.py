"""The first run on a firm's own Odoo: check the connection, say who may what, and begin by observing."""
