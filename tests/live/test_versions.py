"""The contract on the real server: versions."""

from tests.contract.test_versions import *  # noqa: F403
