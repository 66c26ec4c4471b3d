"""The contract on a real Odoo: webhooks."""

from tests.contract.test_hooks import *  # noqa: F403
