"""The contract on a real Odoo: who is in which group."""

from tests.contract.test_groups import *  # noqa: F403
