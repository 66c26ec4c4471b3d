"""The contract on the real server: connecting."""

from tests.contract.test_connecting import *  # noqa: F403
