"""Discount: a quotation that gives away more than its policy allows is agreed to before it is confirmed."""

from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from approvals.kinds import Change, Effect, Fact, Facts, FactType, Kind, Slot
from cockpit.pages import words
from delivery import declaring as d

KEY = "discount"


def changes(facts: Facts) -> list[Change]:
    """What confirming does to the quotation."""
    return [
        Change(_("Quotation"), _("Quotation"), _("Sales order")),
        Change(_("Amount, net"), d.said(facts.get("list_amount")), d.said(facts.get("net"))),
    ]


def title(facts: Facts) -> str:
    share = words.number(f"{Decimal(facts['discount']).normalize():f}") if facts.get("discount") else None
    return str(d.sentence(_("Discount of %(discount)s %% for %(client)s on %(order)s"))({**facts, "discount": share}))


def confirmed(values: Facts, at: str) -> str:
    return str(_("Confirmed in Odoo at %(time)s")) % {"time": at}


def released(values: Facts, at: str) -> str:
    return str(_("Released in Odoo at %(time)s")) % {"time": at}


def noted(values: Facts, at: str) -> str:
    return str(_("Written on the order in Odoo at %(time)s")) % {"time": at}


DISCOUNT = Kind(
    key=KEY,
    label=_("Discount"),
    money="amount",
    title=title,
    if_approved=d.sentence(_("Odoo may confirm %(order)s (%(amount)s) as it stands.")),
    if_rejected=d.sentence(_("%(order)s stays a quotation; the reason is written on it in Odoo.")),
    changes=changes,
    effects=(
        Effect("release", _("lets the order be confirmed"), released, lead=True),
        Effect("note", _("notes the decision on the order"), noted),
    ),
    evidence=(Slot("offer", _("The offer"), lambda one: one["mimetype"] == "application/pdf", _("offer missing")),),
    facts=(
        d.amount(_("Amount, with tax")),
        Fact("net", _("Amount, net"), FactType.MONEY),
        Fact("list_amount", _("Amount without discount"), FactType.MONEY),
        Fact("discount", _("Highest discount, per cent"), FactType.NUMBER, material=True),
        Fact("average_discount", _("Discount over all, per cent"), FactType.NUMBER),
        Fact("margin", _("Margin, per cent"), FactType.NUMBER),
        Fact("terms", _("Payment terms"), FactType.TEXT),
        Fact("payment_term", _("Payment terms in Odoo"), FactType.RECORD, shown=False),
        d.CLIENT,
        d.CLIENT_TIER,
        d.SERVICE_LINE,
        d.COMPANY,
        Fact("order", _("Order"), FactType.TEXT),
        Fact("valid_until", _("Valid until"), FactType.DATE),
        Fact("salesperson", _("Salesperson"), FactType.RECORD),
        d.ACCOUNT_DIRECTOR,
        d.AUTHOR,
        Fact("lines", _("What is offered"), FactType.LINES, material=True, totals=("net", "amount")),
        d.EVIDENCE,
        d.ODOO,
    ),
)
