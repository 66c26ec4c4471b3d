"""The contract on the real server: the guard on expenses."""

from tests.contract.test_guard_expenses import *  # noqa: F403
