"""The contract on the real server: the guard on quotations."""

from tests.contract.test_guard_orders import *  # noqa: F403
