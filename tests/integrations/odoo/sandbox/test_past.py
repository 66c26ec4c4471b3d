"""What lies behind the firm of `make run`: thirteen months in which nobody works on holidays, or after leaving."""

import datetime as dt
import re
from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql

from integrations.odoo.sandbox import sizes
from integrations.odoo.sandbox.pdf import document
from integrations.odoo.sandbox.store import Store
from tests.sandbox import test_database

LINES = """
CREATE TEMP VIEW line AS SELECT (data->>'date')::date AS day, (data->>'unit_amount')::numeric AS hours,
    (data->>'employee_id')::bigint AS person, data->>'timesheet_invoice_type' AS kind
FROM record WHERE model = 'account.analytic.line'"""


@pytest.fixture(scope="module")
def firm(django_db_setup, django_db_blocker) -> Iterator[Store]:
    with django_db_blocker.unblock():
        with psycopg.connect(test_database(), autocommit=True) as left_over:
            left_over.execute(sql.SQL("DROP SCHEMA IF EXISTS past CASCADE"))
        store = Store(test_database(), "past")
        store.open(sizes.seed("small"))
        try:
            yield store
        finally:
            store.drop()


def rows(firm, query, *values):
    def work(cursor):
        cursor.execute(LINES)
        found = cursor.execute(query, values).fetchall()
        cursor.execute("DROP VIEW line")
        return found

    return firm.run(work)


def person(firm, name):
    query = "SELECT id, data FROM record WHERE model = 'hr.employee' AND data->>'name' LIKE %s"
    return rows(firm, query, f"{name}%")[0]


class TestTimesheets:
    def test_go_back_thirteen_months_and_end_yesterday(self, firm):
        span = rows(firm, "SELECT min(day) AS first, max(day) AS last, count(DISTINCT person) AS people FROM line")[0]
        today = dt.datetime.now(dt.UTC).date()
        assert 390 <= (today - span["first"]).days <= 430
        assert 1 <= (today - span["last"]).days <= 4
        assert span["people"] == 15

    def test_differ_by_person_and_month(self, firm):
        query = """SELECT person, to_char(day, 'YYYY-MM') AS month, round(100 * sum(hours) FILTER (
            WHERE kind = 'billable_time') / sum(hours)) AS percent FROM line GROUP BY 1, 2"""
        found = [row["percent"] for row in rows(firm, query) if row["percent"]]
        assert min(found) < 35
        assert max(found) > 85
        assert all(0 < each <= 100 for each in found)

    def test_leave_days_off_alone(self, firm):
        query = """SELECT count(*) AS n FROM line JOIN record r ON r.model = 'hr.leave'
            AND r.data->>'state' = 'validate' AND (r.data->>'employee_id')::bigint = person
            AND day BETWEEN (r.data->>'request_date_from')::date AND (r.data->>'request_date_to')::date"""
        assert rows(firm, query)[0]["n"] == 0
        query = "SELECT count(*) AS n FROM line WHERE to_char(day, 'MM-DD') IN ('12-25', '01-01')"
        assert rows(firm, query)[0]["n"] == 0

    def test_begin_and_end_with_the_contract(self, firm):
        query = "SELECT min(day)::text AS first, max(day)::text AS last FROM line WHERE person = %s"
        owen, paul = person(firm, "Owen"), person(firm, "Paul")
        assert rows(firm, query, owen["id"])[0]["first"] >= owen["data"]["contract_date_start"]
        assert rows(firm, query, paul["id"])[0]["last"] <= paul["data"]["departure_date"]
        assert paul["data"]["active"] is False

    def test_lack_the_whole_last_week_of_one(self, firm):
        today = dt.datetime.now(dt.UTC).date()
        monday = today - dt.timedelta(days=today.weekday() + 7)
        query = "SELECT count(*) AS n FROM line WHERE person = %s AND day BETWEEN %s AND %s"
        week = (monday, monday + dt.timedelta(days=6))
        assert rows(firm, query, person(firm, "Clara")["id"], *week)[0]["n"] == 0
        assert rows(firm, query, person(firm, "Eve")["id"], *week)[0]["n"] > 0


class TestInvoices:
    def test_bill_what_was_worked(self, firm):
        query = """SELECT sum((data->>'quantity')::numeric) AS hours FROM record WHERE model = 'account.move.line'
            AND data->>'name' LIKE 'Time and material, %%'"""
        billed = rows(firm, query)[0]["hours"]
        worked = rows(firm, "SELECT sum(hours) AS hours FROM line WHERE kind = 'billable_time'")[0]["hours"]
        assert worked * 8 / 10 < billed < worked

    def test_name_the_lines_that_they_bill(self, firm):
        query = """SELECT (l.data->>'quantity')::numeric AS billed, (SELECT sum((t.data->>'unit_amount')::numeric)
                FROM record t WHERE t.model = 'account.analytic.line'
                AND t.data->'timesheet_invoice_id' = l.data->'move_id') AS worked
            FROM record l WHERE l.model = 'account.move.line' AND l.data->>'name' LIKE 'Time and material, %%'"""
        found = rows(firm, query)
        assert len(found) > 80
        assert all(row["billed"] == row["worked"] for row in found)

    def test_are_numbered_without_gaps(self, firm):
        query = """SELECT count(*) AS n, count(DISTINCT right(data->>'name', 5)) AS numbers,
            max(right(data->>'name', 5))::int AS last FROM record WHERE model = 'account.move'
            AND data->>'state' = 'posted' GROUP BY data->>'company_id', left(data->>'name', 8)"""
        for row in rows(firm, query):
            assert row["n"] == row["numbers"] == row["last"]


class TestPdf:
    def test_says_where_each_object_begins(self):
        text = document("Invoice (1)", [f"Line {number} – 5 €" for number in range(100)])
        start = int(re.search(rb"startxref\n(\d+)", text)[1])
        table = re.findall(rb"(\d{10}) 00000 n", text[start:])
        assert len(table) == 3 + 2 * 3
        for number, offset in enumerate(table, 1):
            assert text[int(offset) :].startswith(b"%d 0 obj" % number)

    def test_escapes_what_has_a_meaning(self):
        text = document("A (b) \\ c", ["5 €"])
        assert rb"(A \(b\) \\ c)" in text
        assert b"(5 \x80)" in text


class TestSizes:
    def test_are_named(self):
        assert sizes.chosen({}) == "small"
        with pytest.raises(SystemExit, match="there are small, medium, large"):
            sizes.chosen({"FIRM": "huge"})
