"""A real Odoo 19 with two workers and many timesheets, for what is measured against it. Gone afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
from django.conf import settings

from integrations.odoo.client import OdooClient, OdooConfig, connect
from integrations.odoo.pull.catalogue import TIMESHEET
from tests.contract.world import COMPANIES, World
from tests.live.odoo.server import odoo_server

NAME = "odoo_bench"
WORKERS = 2
# What one line has is copied to many; what tells them apart is worked out from the line's number n.
APART = {
    "id": "nextval('account_analytic_line_id_seq')",
    "date": "date '2026-11-27' - (n %% 1460)::int",
    "name": "'Work on item ' || n",
    "unit_amount": "round((0.25 * (1 + n %% 32))::numeric, 2)",
    "amount": "round((-18.75 * (1 + n %% 32))::numeric, 2)",
    "employee_id": "%(employees)s[1 + n %% array_length(%(employees)s, 1)]",
    "task_id": "%(tasks)s[1 + n %% array_length(%(tasks)s, 1)]",
    "create_date": "timestamp '2026-11-27 12:00' - (n %% 1460) * interval '1 day'",
    "write_date": "timestamp '2026-11-27 12:00' - (n %% 1460) * interval '1 day' + (n %% 3600) * interval '1 second'",
}


@dataclass
class BenchOdoo:
    """`config` reaches it as the integration user; `database` is where its own PostgreSQL is, for what only SQL can."""

    config: OdooConfig
    database: str
    line: int  # the one that all others are like
    lines: int = 0

    @property
    def env(self) -> dict[str, str]:
        """For processes that reach it by their settings."""
        known = {
            "URL": self.config.url,
            "DB": self.config.db,
            "LOGIN": self.config.login,
            "API_KEY": self.config.api_key,
        }
        return {f"ODOO_{name}": value for name, value in known.items()} | {"ODOO_TRANSPORT": "json2"}

    def client(self) -> OdooClient:
        return connect(self.config)

    def execute(self, statement: str, values: dict | None = None) -> None:
        with psycopg.connect(self.database, autocommit=True) as connection:
            connection.execute(statement, values)  # type: ignore[arg-type]

    def grow(self, lines: int, say: Callable[[str], None]) -> None:
        """Copy its line until there are so many."""
        _multiply(self.database, self.client(), self.line, lines - (self.lines or 1))
        self.lines = self.client().call("account.analytic.line", "search_count", domain=list(TIMESHEET.domain))
        say(f"Odoo with {WORKERS} workers and {self.lines:,} timesheets")


@contextmanager
def large_odoo(lines: int, say: Callable[[str], None]) -> Iterator[BenchOdoo]:
    with odoo_server(NAME, workers=WORKERS) as env:
        world = World(env, "json2")
        settings.ODOO = {
            **settings.ODOO, "URL": env["ODOO_URL"], "DB": env["ODOO_DB"], "LOGIN": env["ODOO_LOGIN"],
            "API_KEY": env["ODOO_API_KEY"], "TRANSPORT": "json2", "READERS": WORKERS, "TIMEOUT_S": 120,
        }  # fmt: skip
        odoo = BenchOdoo(world.config(), env["ODOO_DATABASE_URL"], _first_line(world.as_user("admin")))
        odoo.grow(lines, say)
        yield odoo


def _first_line(client: OdooClient) -> int:
    """A project with forty tasks, and one line that Odoo itself makes."""
    [company] = client.call("res.company", "search", domain=[("name", "=", COMPANIES["de"])])
    employees = client.call("hr.employee", "search", domain=[("company_id", "=", company)])
    [project] = client.call(
        "project.project", "create", vals_list=[{"name": "Bench", "allow_timesheets": True, "company_id": company}]
    )
    tasks = client.call(
        "project.task", "create", vals_list=[{"name": f"Task {n}", "project_id": project} for n in range(40)]
    )
    [line] = client.call(
        "account.analytic.line", "create",
        vals_list=[{"name": "Work", "project_id": project, "task_id": tasks[0], "employee_id": employees[0],
                    "unit_amount": 1, "date": "2026-11-27"}],
    )  # fmt: skip
    return line


def _multiply(database: str, client: OdooClient, line: int, count: int) -> None:
    """So many more lines like that one, by SQL: of everybody who works there, and all tasks of its project."""
    [first] = client.call("account.analytic.line", "read", [line], fields=["company_id", "project_id"], load=None)
    employees = client.call("hr.employee", "search", domain=[("company_id", "=", first["company_id"])])
    tasks = client.call("project.task", "search", domain=[("project_id", "=", first["project_id"])], order="id")
    with psycopg.connect(database, autocommit=True) as connection:
        names = [row[0] for row in connection.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_name = 'account_analytic_line'"
            " AND is_generated = 'NEVER'"
        )]  # fmt: skip
        chosen = ", ".join(APART.get(name, f't."{name}"') for name in names)
        connection.execute(
            f"INSERT INTO account_analytic_line ({', '.join(f'{chr(34)}{name}{chr(34)}' for name in names)})"  # type: ignore[arg-type]
            f" SELECT {chosen} FROM account_analytic_line t CROSS JOIN generate_series(1, %(count)s::int) n"
            " WHERE t.id = %(line)s",
            {"count": count, "line": line, "employees": employees, "tasks": tasks},
        )
        connection.execute("ANALYZE account_analytic_line")
