"""Policies published on the real server: by the pages, by two people, and Odoo's guard moves with them."""

from tests.path.fixtures import cockpit, database, db  # noqa: F401
from tests.path.test_publishing import *  # noqa: F403
