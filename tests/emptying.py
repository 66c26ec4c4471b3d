"""Tests with real transactions leave rows behind. This empties the tables after them.

pytest-django would TRUNCATE all tables and make content types and permissions anew, which takes a second each time, and
the audit trail refuses it. Here the rows that there are get deleted, with triggers standing aside for that moment.
"""

import pgtrigger
from django.db import connection, transaction
from django.test import TransactionTestCase

# Made by migrating, the same for every test.
KEPT = {"django_content_type", "auth_permission", "django_migrations"}


def empty_tables(self: TransactionTestCase | None = None) -> None:
    """Foreign keys are checked at the commit, so the order of tables does not matter."""
    tables = sorted(set(connection.introspection.django_table_names(only_existing=True)) - KEPT)
    with pgtrigger.ignore(), transaction.atomic(), connection.cursor() as cursor:
        union = " UNION ALL ".join(f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM {table})" for table in tables)
        cursor.execute(union)
        for (table,) in cursor.fetchall():
            cursor.execute(f"DELETE FROM {table}")


TransactionTestCase._fixture_teardown = empty_tables  # type: ignore[method-assign]
