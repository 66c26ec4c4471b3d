"""Invoice adjustment: an invoice is to say something else than hours and rates give."""

from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from approvals.kinds import Change, Fact, Facts, FactType, Kind
from delivery import declaring as d

KEY = "invoice_adjustment"


def changes(facts: Facts) -> list[Change]:
    return [Change(_("Amount, net"), d.said(facts.get("before")), d.said(facts.get("after")))]


INVOICE_ADJUSTMENT = Kind(
    key=KEY,
    label=_("Invoice adjustment"),
    money="amount",
    bulk_below=Decimal(250),
    title=d.sentence(_("Adjust %(invoice)s for %(client)s by %(amount)s")),
    if_approved=d.kept_here(_("%(invoice)s may be adjusted to %(after)s.")),
    if_rejected=d.sentence(_("%(invoice)s stays as it is; who asked reads the reason.")),
    changes=changes,
    form=("amount", "invoice", "client", "before", "after", "project_manager", "reason"),
    needed=("amount", "invoice", "client", "reason"),
    facts=(
        d.amount(_("Adjustment")),
        Fact("before", _("Amount before, net"), FactType.MONEY),
        Fact("after", _("Amount after, net"), FactType.MONEY, material=True),
        Fact("invoice", _("Invoice"), FactType.TEXT, material=True),
        d.CLIENT,
        d.CLIENT_TIER,
        d.PROJECT_MANAGER,
        d.ACCOUNT_DIRECTOR,
        d.REASON,
        d.EVIDENCE,
        d.ODOO,
    ),
)
