"""The contract on the real server: writing."""

from tests.contract.test_writing import *  # noqa: F403
