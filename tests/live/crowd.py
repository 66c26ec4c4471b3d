"""A firm at work: clients that create, change, delete, archive and move records at once, some of them slowly, some past
Odoo's own stamps. Each does the same for the same seed, as far as the others let it."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from integrations.odoo.client import BusyError, MissingRecordError, OdooClient, RefusedError
from tests.contract.world import QUIET, World, unique

# Somebody else was faster, or Odoo's rules forbid it: that is life in a firm, and changes nothing.
LIFE = (BusyError, MissingRecordError, RefusedError)
FIRST = date(2026, 1, 1)


class Slow:
    """Server actions: a transaction that writes, stays open and then commits or not; and one that writes by SQL."""

    def __init__(self, world: World) -> None:
        self.write = self._action(
            world,
            "for one in env[env.context['model']].browse(env.context['ids']).exists():\n"
            "    one.write({'name': one.name + ' late'})\n"
            "time.sleep(env.context['seconds'])\n"
            "if env.context['fails']: raise UserError('given up')",
        )
        self.sql = self._action(world, "env.cr.execute(env.context['command'], env.context['values'])")

    @staticmethod
    def _action(world: World, code: str) -> int:
        model = world.admin.search_read("ir.model", [["model", "=", "res.partner"]], ["id"])[0]["id"]
        values = {"name": unique("Slowly"), "model_id": model, "state": "code", "code": code}
        return world.admin.call("ir.actions.server", "create", vals_list=[values])[0]


class Known:
    """Ids that any of the clients made, by model; shared, so that they get into each other's way."""

    def __init__(self) -> None:
        self.ids: dict[str, list[int]] = {}
        self.lock = threading.Lock()

    def add(self, model: str, ids: list[int]) -> None:
        with self.lock:
            self.ids.setdefault(model, []).extend(ids)

    def some(self, model: str, chance: random.Random, most: int = 1) -> list[int]:
        with self.lock:
            known = self.ids.get(model, [])
            return chance.sample(known, min(len(known), chance.randint(1, most)))


class Client(threading.Thread):
    """`acts` things in the order that the seed says."""

    def __init__(self, world: World, seed: str, acts: int, known: Known, slow: Slow) -> None:
        super().__init__(daemon=True)
        self.client: OdooClient = world.new_client("admin")
        self.companies = list(world.companies.values())
        self.employees = [row["id"] for row in world.admin.search_read("hr.employee", [], ["id"])]
        self.product = world.product
        self.chance, self.acts, self.known, self.slow = random.Random(seed), acts, known, slow
        self.did: Counter[str] = Counter()
        self.problem: Exception | None = None

    def run(self) -> None:
        weighed: list[tuple[Callable[[], Any], int]] = [
            (self.make_partners, 3), (self.change_partners, 5), (self.archive, 3), (self.delete_partners, 2),
            (self.tag_from_the_other_side, 3), (self.make_project, 2), (self.change_project, 2),
            (self.book_hours, 6), (self.change_hours, 5), (self.delete_hours, 3), (self.draft_invoice, 3),
            (self.change_invoice, 3), (self.delete_invoice, 1), (self.write_slowly, 3), (self.write_by_sql, 3),
        ]  # fmt: skip
        acts, weights = [act for act, _ in weighed], [weight for _, weight in weighed]
        self.make_partners()
        self.make_project()
        for _ in range(self.acts):
            act = self.chance.choices(acts, weights)[0]
            try:
                act()
                self.did[act.__name__] += 1
            except LIFE:
                self.did["refused"] += 1
            except Exception as problem:  # the test says it, not this thread
                self.problem = problem
                return

    def call(self, model: str, method: str, ids: list[int] | None = None, **more: Any) -> Any:
        return self.client.call(model, method, ids, context=QUIET, **more)

    def create(self, model: str, *rows: dict[str, Any]) -> list[int]:
        made = self.call(model, "create", vals_list=list(rows))
        self.known.add(model, made)
        return list(made)

    def write(self, model: str, ids: list[int], **values: Any) -> None:
        if ids:
            self.call(model, "write", ids, vals=values)

    def unlink(self, model: str, most: int = 1) -> None:
        if ids := self.known.some(model, self.chance, most):
            self.call(model, "unlink", ids)

    # --- partners and tags

    def make_partners(self) -> None:
        tags = self.create("res.partner.category", {"name": unique("Tag")})
        rows = [{"name": unique("Firm"), "category_id": [[6, 0, tags]], "company_id": self.company()}
                for _ in range(self.chance.randint(1, 8))]  # fmt: skip
        self.create("res.partner", *rows)

    def company(self) -> int | bool:
        return self.chance.choice([*self.companies, False])

    def change_partners(self) -> None:
        tags = self.known.some("res.partner.category", self.chance, 3)
        values = self.chance.choice(
            [{"name": unique("Renamed")}, {"ref": unique("PO")}, {"company_id": self.company()},
             {"category_id": [[6, 0, tags]]}]
        )  # fmt: skip
        self.write("res.partner", self.known.some("res.partner", self.chance, 5), **values)

    def archive(self) -> None:
        model = self.chance.choice(["res.partner", "project.project", "res.partner.category"])
        self.write(model, self.known.some(model, self.chance, 3), active=self.chance.random() < 0.4)

    def delete_partners(self) -> None:
        self.unlink("res.partner", 3)

    def tag_from_the_other_side(self) -> None:
        partners = self.known.some("res.partner", self.chance, 6)
        there = self.call("res.partner", "search", domain=[["id", "in", partners]], order="id")
        self.write("res.partner.category", self.known.some("res.partner.category", self.chance),
                   partner_ids=[[6, 0, there]])  # fmt: skip

    # --- projects and hours

    def make_project(self) -> None:
        self.create("project.project", {"name": unique("Project"), "company_id": self.companies[0]})

    def change_project(self) -> None:
        values = self.chance.choice(
            [{"name": unique("Project")}, {"allocated_hours": self.chance.randint(1, 99)},
             {"date_start": self.day(), "date": "2027-12-31"}, {"company_id": self.company()}]
        )  # fmt: skip
        self.write("project.project", self.known.some("project.project", self.chance), **values)

    def day(self) -> str:
        return str(FIRST + timedelta(days=self.chance.randint(0, 360)))

    def book_hours(self) -> None:
        project = self.known.some("project.project", self.chance)
        if project:
            row = {"project_id": project[0], "name": "Work", "employee_id": self.chance.choice(self.employees)}
            rows = [row | {"date": self.day(), "unit_amount": self.chance.randint(1, 40) / 4}
                    for _ in range(self.chance.randint(1, 25))]  # fmt: skip
            self.create("account.analytic.line", *rows)

    def change_hours(self) -> None:
        values = self.chance.choice([{"unit_amount": self.chance.random() * 9}, {"date": self.day()}])
        self.write("account.analytic.line", self.known.some("account.analytic.line", self.chance, 9), **values)

    def delete_hours(self) -> None:
        self.unlink("account.analytic.line", 4)

    # --- invoices

    def draft_invoice(self) -> None:
        partner = self.known.some("res.partner", self.chance)
        lines = [[0, 0, {"name": "Consulting", "quantity": 1, "price_unit": self.chance.randint(1, 9999) / 100,
                         "tax_ids": [[6, 0, []]]}] for _ in range(self.chance.randint(1, 4))]  # fmt: skip
        values = {"move_type": "out_invoice", "company_id": self.chance.choice(self.companies),
                  "partner_id": partner[0], "invoice_date": self.day(), "invoice_line_ids": lines}  # fmt: skip
        self.create("account.move", values)

    def change_invoice(self) -> None:
        for id_ in self.known.some("account.move", self.chance):
            named = [["move_id", "=", id_], ["display_type", "=", "product"]]
            lines = self.call("account.move.line", "search", domain=named, order="id")
            if lines:
                line = self.chance.choice(lines)
                change = (
                    [2, line, 0]
                    if self.chance.random() < 0.3
                    else [1, line, {"price_unit": self.chance.randint(1, 9999) / 100}]
                )
                self.write("account.move", [id_], invoice_line_ids=[change])

    def delete_invoice(self) -> None:
        self.unlink("account.move")

    # --- long and past Odoo

    def write_slowly(self) -> None:
        model = self.chance.choice(["res.partner", "account.analytic.line"])
        ids = self.known.some(model, self.chance, 3)
        context = {
            "model": model,
            "ids": ids,
            "seconds": self.chance.uniform(1, 6),
            "fails": self.chance.random() < 0.3,
        }
        if ids:
            self.client.call("ir.actions.server", "run", [self.slow.write], context=context)

    def write_by_sql(self) -> None:
        command, model = self.chance.choice(
            [("UPDATE account_analytic_line SET unit_amount = unit_amount + 1 WHERE id = %s", "account.analytic.line"),
             ("UPDATE account_analytic_line SET date = date + 40 WHERE id = %s", "account.analytic.line"),
             ("DELETE FROM account_analytic_line WHERE id = %s", "account.analytic.line"),
             ("UPDATE res_partner SET parent_id = NULL, company_id = NULL WHERE id = %s", "res.partner"),
             ("DELETE FROM res_partner_category WHERE id = %s", "res.partner.category"),
             ("UPDATE project_project SET allocated_hours = 0.1 WHERE id = %s", "project.project")]
        )  # fmt: skip
        if ids := self.known.some(model, self.chance):
            context = {"command": command, "values": ids}
            self.client.call("ir.actions.server", "run", [self.slow.sql], context=context)
