"""Odoo → mirror. How it works and who wins: `integrations/odoo/README.md`."""
