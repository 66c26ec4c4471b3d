"""The contract on the real server: columns, rows, and the links of a lifecycle."""

from tests.contract.test_columns import *  # noqa: F403
