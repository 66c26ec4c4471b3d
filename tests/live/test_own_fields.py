"""The contract on the real server: fields of the firm's own."""

from tests.contract.test_own_fields import *  # noqa: F403
