"""What the lifecycle reads of the mirror: where it is old, requests and cases of these kinds say so and turn grey."""

from django.utils.translation import gettext_lazy as _

from approvals.kinds import Kind
from delivery.adjustments.kinds import INVOICE_ADJUSTMENT
from delivery.budgets.kinds import BUDGET_OVERRIDE
from delivery.changes.kinds import CHANGE_REQUEST
from delivery.credit_notes.kinds import CREDIT_NOTE
from delivery.discounts.kinds import DISCOUNT
from delivery.expenses.kinds import EXPENSE
from delivery.initiation.kinds import PROJECT_INITIATION
from delivery.invoice_release.kinds import INVOICE_RELEASE
from delivery.milestones.kinds import MILESTONE
from delivery.staffing.kinds import STAFFING
from delivery.subcontracting.kinds import SUBCONTRACTOR
from delivery.terms.kinds import TERMS
from delivery.timesheets.asked import TIMESHEET_WEEK
from delivery.vendors.kinds import VENDOR
from delivery.write_offs.kinds import WRITE_OFF
from integrations.mirror.dependents import Dependent

QUEUE, EXCEPTIONS = frozenset({"queue"}), frozenset({"exceptions"})
OF_ANY = {"res.company", "res.currency", "res.currency.rate", "res.partner", "ir.attachment"}  # money, client, evidence
INVOICE = OF_ANY | {"account.move", "account.move.line", "project.project", "res.partner.category"}
ORDER = OF_ANY | {"sale.order", "sale.order.line", "account.payment.term", "product.product", "product.template",
                  "product.category", "res.partner.category"}  # fmt: skip
PROJECT = OF_ANY | {"project.project", "sale.order", "sale.order.line", "account.analytic.line"}
CAPACITY = {"hr.employee", "hr.version", "hr.leave", "resource.calendar", "resource.calendar.attendance",
            "resource.calendar.leaves", "account.analytic.line"}  # fmt: skip
PURCHASE = OF_ANY | {"purchase.order", "purchase.order.line", "product.product", "product.template"}


def _of(kind: Kind, models: set[str]) -> Dependent:
    return Dependent(kind.label, frozenset(models), pages=QUEUE, requests=frozenset({kind.key}))


DEPENDENTS = (
    Dependent(
        _("invoice release"),
        frozenset(INVOICE),
        pages=QUEUE | EXCEPTIONS,
        requests=frozenset({INVOICE_RELEASE.key}),
        cases=frozenset(
            {"invoice.emergency_release", "invoice.altered_after_release", "invoice.posted_undecided"}
        ),
    ),
    Dependent(
        _("missing timesheets"),
        frozenset(CAPACITY),
        pages=QUEUE | EXCEPTIONS,
        requests=frozenset({TIMESHEET_WEEK.key}),
        cases=frozenset({"timesheets.missing"}),
    ),
    Dependent(
        _("moves past a guard"),
        frozenset(ORDER),
        pages=EXCEPTIONS,
        cases=frozenset({"guard.emergency_release", "guard.moved_undecided", "guard.moved_against",
                         "guard.moved_unasked", "guard.altered_after_release"}),
    ),
    _of(DISCOUNT, ORDER),
    _of(TERMS, ORDER),
    _of(PROJECT_INITIATION, PROJECT),
    _of(STAFFING, {*CAPACITY, "planning.slot", "project.project", "hr.employee.skill"}),
    _of(EXPENSE, OF_ANY | {"hr.expense", "hr.employee", "product.product", "product.template", "sale.order"}),
    _of(CHANGE_REQUEST, PROJECT | {"project.task", "project.milestone"}),
    _of(BUDGET_OVERRIDE, PROJECT),
    _of(SUBCONTRACTOR, PURCHASE | {"project.project"}),
    _of(VENDOR, OF_ANY),
    _of(MILESTONE, PROJECT | {"project.milestone", "project.task"}),
    _of(INVOICE_ADJUSTMENT, INVOICE | {"account.analytic.line"}),
    _of(WRITE_OFF, INVOICE | {"account.analytic.line"}),
    _of(CREDIT_NOTE, INVOICE),
)  # fmt: skip
