"""What `manage.py odoo` can do: one module per word, found by its name.

A module has `HELP` (a sentence), `add_arguments(parser)` and `run(console, options)`, which prints to a rich console
and raises CommandError, with a sentence, to fail.
"""
