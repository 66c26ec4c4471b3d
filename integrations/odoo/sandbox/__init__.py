"""A small stand-in for Odoo 19: it answers the calls that we make, and refuses every other one.

It is a foreign system to the rest of the project: no Django here, its own tables, spoken to over HTTP only.
`python -m integrations.odoo.sandbox` starts it.
"""
