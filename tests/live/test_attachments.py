"""The contract on the real server: attachments."""

from tests.contract.test_attachments import *  # noqa: F403
