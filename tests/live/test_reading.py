"""The contract on the real server: reading."""

from tests.contract.test_reading import *  # noqa: F403
