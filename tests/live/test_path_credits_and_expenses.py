"""Credit notes and expenses on the real server."""

from tests.path.fixtures import cockpit, database, db  # noqa: F401
from tests.path.test_credits_and_expenses import *  # noqa: F403
