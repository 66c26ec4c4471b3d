"""One coherent lifecycle, made over the API as any client would: lead → order → project → task → hours → invoice,
with what hangs on it. The same on the sandbox and on a real Odoo; what a server lacks is left out.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from integrations.odoo.client import AccessRefusedError, UnknownNameError

from .world import QUIET, World, unique

DAY = "2026-10-05"


@dataclass
class Lifecycle:
    """`made`: model of Odoo → the record that was made here; what the server lacks is not in it."""

    odoo: World
    made: dict[str, int] = field(default_factory=dict)

    def has(self, model: str) -> bool:
        try:
            self.odoo.client.call(model, "search_count", domain=[])
        except AccessRefusedError:
            return False
        except UnknownNameError as problem:
            if not problem.is_model:
                raise
            return False
        return True

    def knows(self, model: str, *names: str) -> bool:
        return set(names) <= set(self.odoo.client.call(model, "fields_get", allfields=list(names), attributes=["type"]))

    def make(self, model: str, /, **values: Any) -> int:
        """With only those values whose fields the server has."""
        known = self.odoo.admin.call(model, "fields_get", allfields=list(values), attributes=["type"])
        vals = [{name: value for name, value in values.items() if name in known}]
        context = {**QUIET, "allowed_company_ids": [self.company, self.odoo.companies["us"]]}
        self.made[model] = self.odoo.admin.call(model, "create", vals_list=vals, context=context)[0]
        return self.made[model]

    def first(self, model: str, domain: list | None = None) -> int:
        found = self.odoo.admin.search_read(model, domain or [], ["id"], limit=1)
        return found[0]["id"] if found else 0

    @property
    def company(self) -> int:
        return self.odoo.companies["de"]

    # --- in the order in which they point to one another ---------------------------------------------

    def build(self) -> dict[str, int]:
        self.clients()
        self.products()
        if self.has("crm.lead"):
            self.lead()
        self.order()
        self.project()
        self.hours()
        self.invoice()
        if self.has("hr.expense"):
            self.expense()
        if self.has("purchase.order"):
            self.purchase()
        if self.has("hr.employee.skill"):
            self.skills()
        if self.has("helpdesk.ticket"):
            self.ticket()
        return self.made

    def clients(self) -> None:
        self.tag = self.make("res.partner.category", name=unique("Strategic"))
        term = self.first("account.payment.term") or self.make("account.payment.term", name="30 days")
        self.client = self.make("res.partner", name=unique("Nordlicht AG"), is_company=True,
                                property_payment_term_id=term, lang="en_US",
                                email="office@nordlicht.example", category_id=[[6, 0, [self.tag]]])  # fmt: skip

    def products(self) -> None:
        self.category = self.make("product.category", name=unique("Consulting"))
        self.hour = self.first("uom.uom", [["name", "=", "Hours"]]) or self.first("uom.uom")
        self.template = self.make("product.template", name=unique("Architecture"), type="service", list_price=190.0,
                                  categ_id=self.category, uom_id=self.hour, invoice_policy="delivery",
                                  service_type="timesheet", can_be_expensed=True)  # fmt: skip
        self.product = self.first("product.product", [["product_tmpl_id", "=", self.template]])
        self.made["product.product"] = self.product

    def lead(self) -> None:
        stage = self.first("crm.stage") or self.make("crm.stage", name="Proposition")
        tag = self.make("crm.tag", name=unique("Cloud"))
        self.make("crm.lead", name=unique("Grid portal"), type="opportunity", partner_id=self.client, stage_id=stage,
                  expected_revenue=38000.5, probability=40.0, company_id=self.company, tag_ids=[[6, 0, [tag]]],
                  date_deadline="2026-12-15")  # fmt: skip

    def order(self) -> None:
        line = {"product_id": self.product, "name": "Architecture", "product_uom_qty": 80.0, "price_unit": 190.0,
                "discount": 5.0, "tax_ids": [[6, 0, []]]}  # fmt: skip
        order = self.make("sale.order", partner_id=self.client, company_id=self.company, client_order_ref="PO 4711",
                          opportunity_id=self.made.get("crm.lead", False), date_order=f"{DAY} 08:00:00",
                          order_line=[[0, 0, line]])  # fmt: skip
        self.made["sale.order.line"] = self.line = self.first("sale.order.line", [["order_id", "=", order]])

    def project(self) -> None:
        tag = self.make("project.tags", name=unique("Type: Implementation"))
        stage = self.make("project.task.type", name=unique("Doing"))
        manager = self.odoo.user_id("ben")
        account = self.has("account.analytic.account") and self.first("account.analytic.account")
        project = self.make("project.project", name=unique("Grid portal"), partner_id=self.client, user_id=manager,
                            company_id=self.company, allow_billable=True, allow_timesheets=True,
                            sale_line_id=self.line, tag_ids=[[6, 0, [tag]]], date_start=DAY, date="2027-03-31",
                            **({"account_id": account} if account else {}))  # fmt: skip
        milestone = self.make("project.milestone", name="Go-live", project_id=project, deadline="2026-12-31",
                              sale_line_id=self.line, quantity_percentage=0.4)  # fmt: skip
        first = self.make("project.task", name="Concept", project_id=project, sale_line_id=self.line)
        self.make("project.task", name="Build", project_id=project, stage_id=stage, sale_line_id=self.line,
                  milestone_id=milestone, user_ids=[[6, 0, [manager]]], tag_ids=[[6, 0, [tag]]],
                  depend_on_ids=[[6, 0, [first]]], allocated_hours=40.0, priority="1",
                  date_deadline="2026-12-01 16:00:00")  # fmt: skip
        self.make("project.update", name="October", project_id=project, status="at_risk", progress=30, date=DAY)
        self.make("mail.activity", res_id=project, user_id=manager,
                  res_model_id=self.first("ir.model", [["model", "=", "project.project"]]),
                  summary="Call the client", date_deadline="2026-11-30")  # fmt: skip

    @property
    def ann(self) -> int:
        return self.first("hr.employee", [["user_id", "=", self.odoo.user_id("ann")]])

    def hours(self) -> None:
        self.make("project.sale.line.employee.map", project_id=self.made["project.project"], employee_id=self.ann,
                  sale_line_id=self.line, price_unit=190.0)  # fmt: skip
        self.make("account.analytic.line", project_id=self.made["project.project"], task_id=self.made["project.task"],
                  employee_id=self.ann, name="Workshop", date=DAY, unit_amount=7.5)  # fmt: skip

    def invoice(self) -> None:
        line = {"name": "Architecture", "product_id": self.product, "quantity": 7.5, "price_unit": 190.0,
                "discount": 5.0, "tax_ids": [[6, 0, []]], "sale_line_ids": [[6, 0, [self.line]]]}  # fmt: skip
        invoice = self.make("account.move", move_type="out_invoice", partner_id=self.client, company_id=self.company,
                            invoice_date="2026-11-02", invoice_line_ids=[[0, 0, line]])  # fmt: skip
        found = [["move_id", "=", invoice], ["display_type", "=", "product"]]
        self.made["account.move.line"] = self.first("account.move.line", found)

    def expense(self) -> None:
        self.make("hr.expense", name="Train to the client", employee_id=self.ann, product_id=self.product, date=DAY,
                  total_amount_currency=128.4, total_amount=128.4, company_id=self.company, payment_mode="own_account",
                  currency_id=self.odoo.currency("EUR"), sale_order_id=self.made["sale.order"])  # fmt: skip

    def purchase(self) -> None:
        vendor = self.odoo.partner(unique("Freelance GmbH"))
        line = {"product_id": self.product, "name": "Subcontracted days", "product_qty": 3.0, "price_unit": 720.0,
                "sale_line_id": self.line}  # fmt: skip
        if not self.knows("purchase.order.line", "sale_line_id"):
            del line["sale_line_id"]
        order = self.make("purchase.order", partner_id=vendor, company_id=self.company, date_order=f"{DAY} 08:00:00",
                          project_id=self.made["project.project"], order_line=[[0, 0, line]])  # fmt: skip
        self.made["purchase.order.line"] = self.first("purchase.order.line", [["order_id", "=", order]])

    def skills(self) -> None:
        kind = self.make("hr.skill.type", name=unique("Languages"))
        level = self.make("hr.skill.level", name="Fluent", skill_type_id=kind, level_progress=80)
        skill = self.make("hr.skill", name=unique("Danish"), skill_type_id=kind)
        self.make("hr.employee.skill", employee_id=self.ann, skill_id=skill, skill_level_id=level, skill_type_id=kind,
                  valid_from=DAY)  # fmt: skip

    def ticket(self) -> None:
        team = self.make("helpdesk.ticket.team", name=unique("Support"))
        self.make("helpdesk.ticket", name="Portal is down", description="<p>Since nine.</p>", partner_id=self.client,
                  team_id=team, project_id=self.made["project.project"], task_id=self.made["project.task"],
                  company_id=self.company, priority="3")  # fmt: skip
