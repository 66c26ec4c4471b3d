"""Write-off: hours or an amount that will not be billed, or an invoice that will not be paid."""

from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from approvals.kinds import Effect, Fact, Facts, FactType, Kind, Slot
from delivery import declaring as d

KEY = "write_off"


def noted(values: Facts, at: str) -> str:
    return str(_("Written on the invoice in Odoo at %(time)s")) % {"time": at}


WRITE_OFF = Kind(
    key=KEY,
    label=_("Write-off"),
    money="amount",
    bulk_below=Decimal(250),
    title=d.sentence(_("Write off %(amount)s of %(invoice)s, %(client)s")),
    if_approved=d.sentence(_("%(amount)s of %(invoice)s may be written off in Odoo.")),
    if_rejected=d.sentence(_("%(invoice)s stays owed; the reason is written on it in Odoo.")),
    changes=d.unchanged,
    effects=(Effect("note", _("notes the decision on the invoice"), noted, lead=True),),
    evidence=(Slot("dunning", _("Reminders that were sent"), lambda one: True, _("reminders missing")),),
    form=("amount", "client", "invoice", "overdue_days", "reason"),
    needed=("amount", "client", "reason"),
    facts=(
        d.amount(_("Amount to write off")),
        Fact("total", _("Amount of the invoice"), FactType.MONEY),
        d.CLIENT,
        d.CLIENT_TIER,
        d.COMPANY,
        Fact("invoice", _("Invoice"), FactType.TEXT),
        Fact("overdue_days", _("Days overdue"), FactType.NUMBER),
        d.REASON,
        Fact("salesperson", _("Salesperson"), FactType.RECORD),
        d.ACCOUNT_DIRECTOR,
        d.AUTHOR,
        d.EVIDENCE,
        d.ODOO,
    ),
)
