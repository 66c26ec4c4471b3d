"""The missing week on the real server: seen, reminded, filled and resolved."""

from tests.path.fixtures import cockpit, database, db  # noqa: F401
from tests.path.test_timesheets import *  # noqa: F403
