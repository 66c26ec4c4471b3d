"""What the mirror knows of an expense, as the facts that its policy and its approver read."""

from collections.abc import Mapping
from typing import Any

from cockpit.accounts.models import Person
from delivery.guarded import id_of, number, text_of
from delivery.record_facts import (
    Found,
    as_fact,
    codes,
    company_of,
    day,
    documents,
    money,
    person,
    rates,
    record,
)
from integrations.mirror.models import Employee, Expense, Partner, Product, ProductTemplate, Project, SaleOrder
from integrations.odoo.links import record_url

MODEL = "hr.expense"


def of_expense(expense: Expense) -> Found:
    """Facts of one mirrored expense. Raises FactsMissingError while its company or unit has not been pulled."""
    company, unit = company_of(expense.company_id)
    names = codes()
    code, own = names[expense.currency_id], names[company.currency_id]
    employee = Employee.objects.filter(pk=expense.employee_id or 0).first()
    spender = person(employee.user_id) if employee else None
    order = SaleOrder.objects.filter(pk=expense.sale_order_id or 0).first()
    client = Partner.objects.filter(pk=order.partner_id or 0).first() if order else None
    project = _project(expense)
    of_day = rates(expense.company_id, expense.date, names) if expense.date else {}
    facts = {
        "amount": money(expense.total_amount_currency, expense.total_amount, code, own, of_day),
        "what": expense.name or "",
        "category": _category(expense.product_id),
        "product": record(expense.product_id, _category(expense.product_id)),
        "employee": record(expense.employee_id, employee.name if employee else None),
        "day": day(expense.date),
        "paid_by": expense.payment_mode,
        "rebilled_to": order.name if order else None,
        "company": {"id": expense.company_id, "name": company.name},
        "client": record(client.pk, client.name) if client else None,
        "project": record(project.pk, project.name) if project else None,
        "project_manager": as_fact(person(project.user_id)) if project else None,
        "manager": as_fact(person(expense.manager_id) or (spender.manager if spender else None)),
        "evidence": documents(MODEL, expense.pk),
        "odoo": {"text": expense.name or f"#{expense.pk}", "url": record_url(MODEL, expense.pk)},
    }
    asking: Person | None = spender or person(expense.create_uid)
    barred = frozenset(someone.pk for someone in (spender, person(expense.create_uid)) if someone)
    return Found(unit, facts, asking, barred, client.pk if client else None, project.pk if project else None)


def release_text(facts: Mapping[str, Any]) -> str:
    """company|employee|currency|amount|product|digest of what for; the code in Odoo makes the same."""
    amount = facts["amount"]
    head = [
        id_of(facts["company"]),
        id_of(facts["employee"]),
        amount["currency"],
        number(amount["amount"], 2),
        id_of(facts.get("product")),
    ]
    return text_of(head, [[facts["what"] or ""]])


def _category(product_id: int | None) -> str | None:
    template = Product.objects.filter(pk=product_id or 0).values_list("product_tmpl_id", flat=True).first()
    return ProductTemplate.objects.filter(pk=template or 0).values_list("name", flat=True).first()


def _project(expense: Expense) -> Project | None:
    """The project whose analytic account most of it goes to."""
    shares = {
        int(account): share
        for accounts, share in (expense.analytic_distribution or {}).items()
        for account in accounts.split(",")
        if account.isdigit()
    }
    found = Project.objects.live().filter(account_id__in=shares)
    return max(found, key=lambda one: (shares[one.account_id or 0], -one.pk), default=None)
