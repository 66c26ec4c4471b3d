"""The contract on the real server: the fields that the sandbox declares."""

from tests.contract.test_declaring import *  # noqa: F403
