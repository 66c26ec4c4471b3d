"""Expense exception: an expense beyond the firm's rules is agreed to before Odoo approves it."""

from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from approvals.kinds import Change, Effect, Fact, Facts, FactType, Kind, Slot
from delivery import declaring as d

KEY = "expense"
PAID_BY = (  # Odoo's own values
    ("own_account", _("the employee, who is paid back")),
    ("company_account", _("the company")),
)


def changes(facts: Facts) -> list[Change]:
    return [Change(_("Expense"), _("Submitted"), _("Approved"))]


def approved(values: Facts, at: str) -> str:
    return str(_("Approved in Odoo at %(time)s")) % {"time": at}


def released(values: Facts, at: str) -> str:
    return str(_("Released in Odoo at %(time)s")) % {"time": at}


def noted(values: Facts, at: str) -> str:
    return str(_("Written on the expense in Odoo at %(time)s")) % {"time": at}


EXPENSE = Kind(
    key=KEY,
    label=_("Expense"),
    money="amount",
    bulk_below=Decimal(500),
    title=d.sentence(_("%(what)s, %(amount)s for %(employee)s")),
    if_approved=d.sentence(_("Odoo approves the expense; %(employee)s is paid %(amount)s.")),
    if_rejected=d.sentence(_("The expense stays submitted; %(employee)s reads the reason on it in Odoo.")),
    changes=changes,
    effects=(
        Effect("release", _("lets the expense pass"), released),
        Effect("approve", _("approves the expense"), approved, lead=True),
        Effect("note", _("notes the decision on the expense"), noted),
    ),
    evidence=(Slot("receipt", _("The receipt"), lambda one: True, _("receipt missing")),),
    facts=(
        d.amount(_("Amount")),
        Fact("what", _("What for"), FactType.TEXT, material=True),
        Fact("category", _("Category"), FactType.TEXT),
        Fact("product", _("Category in Odoo"), FactType.RECORD, material=True, shown=False),
        Fact("employee", _("Employee"), FactType.RECORD, material=True),
        Fact("day", _("Date"), FactType.DATE),
        Fact("paid_by", _("Paid by"), FactType.CHOICE, said=PAID_BY),
        Fact("rebilled_to", _("Rebilled on"), FactType.TEXT),
        d.COMPANY,
        d.CLIENT,
        d.PROJECT,
        d.PROJECT_MANAGER,
        Fact("manager", _("Manager"), FactType.PERSON),
        d.EVIDENCE,
        d.ODOO,
    ),
)
