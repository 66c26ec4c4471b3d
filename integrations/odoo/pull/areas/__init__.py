"""The maps, one file per area. Columns carry the names of Odoo's fields, so a map says only what is special."""
