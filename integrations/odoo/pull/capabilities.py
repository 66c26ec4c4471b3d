"""What a firm can't do here while its Odoo lacks a model, or does not show it: which module brings it, what it adds.

That is no error: not every firm buys in work, or keeps tickets in Odoo.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy


@dataclass(frozen=True)
class Capability:
    """`module` of Odoo brings it; `group` is the least that may read all of its records; `adds` is what it is for."""

    module: str
    group: str
    adds: Promise | str


CAPABILITIES = {
    "versions": Capability("hr", "", gettext_lazy("capacity that follows changes of department and hours (Odoo 19)")),
    "jobs": Capability("hr", "Employees / Officer", gettext_lazy("the jobs that people were hired for")),
    "skills": Capability("hr_skills", "Employees / Officer", gettext_lazy("staffing by skill and level")),
    "planning": Capability("planning", "Planning / Administrator", gettext_lazy("availability from planned shifts")),
    "terms": Capability("account", "Invoicing", gettext_lazy("the terms of payment of clients and orders")),
    "products": Capability("product", "", gettext_lazy("service lines from products and their categories")),
    "leads": Capability(
        "crm", "Sales / User: All Documents", gettext_lazy("demand that is coming, and who promised what")
    ),
    "orders": Capability(
        "sale_management",
        "Sales / User: All Documents",
        gettext_lazy("hand-off, discounts, and what is left to invoice"),
    ),
    "analytic": Capability("analytic", "Invoicing", gettext_lazy("costs and margins of projects")),
    "tasks": Capability("project", "Project / User", gettext_lazy("progress, milestones and reports of projects")),
    "employee_rates": Capability(
        "sale_timesheet", "Project / User", gettext_lazy("hours that are worth what their person was sold for")
    ),
    "expenses": Capability(
        "hr_expense", "Expenses / All Approver", gettext_lazy("expenses that are approved and invoiced on")
    ),
    "purchases": Capability("purchase", "Purchase / User", gettext_lazy("subcontractors, and what they cost")),
    "tickets": Capability(
        "helpdesk_mgmt", "Helpdesk / User", gettext_lazy("tickets that become tasks, risks and account reviews")
    ),
    "helpdesk": Capability("helpdesk", "Helpdesk / User", gettext_lazy("stages and teams of Enterprise’s helpdesk")),
    "activities": Capability("mail", "", gettext_lazy("what people have still to do about a record")),
}
