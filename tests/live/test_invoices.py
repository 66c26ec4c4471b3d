"""The contract on the real server: invoices."""

from tests.contract.test_invoices import *  # noqa: F403
