"""The contract on the real server: posted invoices."""

from tests.contract.test_posted import *  # noqa: F403
