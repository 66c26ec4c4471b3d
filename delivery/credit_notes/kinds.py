"""Credit note: money given back to a client is agreed to before Odoo posts it."""

from django.utils.translation import gettext_lazy as _

from approvals.kinds import Change, Effect, Fact, Facts, FactType, Kind, Slot
from delivery import declaring as d

KEY = "credit_note"


def changes(facts: Facts) -> list[Change]:
    return [Change(_("Credit note"), _("Draft, no number"), _("Posted, next number of its journal"))]


def posted(values: Facts, at: str) -> str:
    return str(_("Posted in Odoo at %(time)s as %(number)s")) % {"time": at, "number": values.get("name") or "—"}


def released(values: Facts, at: str) -> str:
    return str(_("Released in Odoo at %(time)s")) % {"time": at}


def noted(values: Facts, at: str) -> str:
    return str(_("Written on the credit note in Odoo at %(time)s")) % {"time": at}


CREDIT_NOTE = Kind(
    key=KEY,
    label=_("Credit note"),
    money="amount",
    title=d.sentence(_("Credit %(amount)s to %(client)s")),
    if_approved=d.sentence(_("Odoo posts this credit note (%(amount)s); %(client)s owes that much less.")),
    if_rejected=d.sentence(_("The credit note stays a draft; the reason is written on it in Odoo.")),
    changes=changes,
    effects=(
        Effect("release", _("lets the credit note pass"), released),
        Effect("post", _("posts the credit note"), posted, lead=True),
        Effect("note", _("notes the decision on the credit note"), noted),
    ),
    evidence=(Slot("complaint", _("What the client wrote"), lambda one: True, _("client’s letter missing")),),
    facts=(
        d.amount(_("Amount, with tax")),
        Fact("net", _("Amount, net"), FactType.MONEY),
        d.CLIENT,
        d.CLIENT_TIER,
        d.COMPANY,
        Fact("reverses", _("Invoice"), FactType.TEXT),
        Fact("share", _("Share of the invoice, per cent"), FactType.NUMBER),
        Fact("invoice_date", _("Date"), FactType.DATE),
        d.REASON,
        Fact("salesperson", _("Salesperson"), FactType.RECORD),
        d.ACCOUNT_DIRECTOR,
        d.AUTHOR,
        Fact("lines", _("What is credited"), FactType.LINES, material=True, totals=("net", "amount")),
        d.EVIDENCE,
        d.ODOO,
    ),
)
