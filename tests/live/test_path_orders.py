"""Quotations on the real server: asked, decided by deputies too, confirmed, and caught when they went past."""

from tests.path.fixtures import cockpit, database, db  # noqa: F401
from tests.path.test_orders import *  # noqa: F403
