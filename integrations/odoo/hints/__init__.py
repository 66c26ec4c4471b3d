"""Hints: Odoo says "this record was saved", and it is read at once. For speed only; the rounds find everything."""
