"""Vendor creation: a new supplier is agreed to before anybody buys from them."""

from django.utils.translation import gettext_lazy as _

from approvals.kinds import Effect, Fact, Facts, FactType, Kind, Slot
from delivery import declaring as d

KEY = "vendor"


def noted(values: Facts, at: str) -> str:
    return str(_("Written on the vendor in Odoo at %(time)s")) % {"time": at}


def released(values: Facts, at: str) -> str:
    return str(_("Released in Odoo at %(time)s")) % {"time": at}


VENDOR = Kind(
    key=KEY,
    label=_("New vendor"),
    title=d.sentence(_("New vendor %(vendor)s")),
    if_approved=d.sentence(_("%(vendor)s may be bought from; Odoo confirms orders to them.")),
    if_rejected=d.sentence(_("%(vendor)s stays blocked for orders; the reason is written on it in Odoo.")),
    changes=d.unchanged,
    effects=(
        Effect("release", _("lets orders to the vendor pass"), released, lead=True),
        Effect("note", _("notes the decision on the vendor"), noted),
    ),
    evidence=(Slot("registration", _("Registration or tax certificate"), lambda one: True, _("certificate missing")),),
    form=("vendor", "country", "tax_number", "bank", "reason"),
    needed=("vendor", "reason"),
    facts=(
        Fact("vendor", _("Vendor"), FactType.RECORD, material=True, lead=True),
        Fact("tax_number", _("Tax number"), FactType.TEXT, material=True),
        Fact("country", _("Country"), FactType.TEXT),
        Fact("bank", _("Bank account"), FactType.TEXT, material=True),
        Fact("risk", _("Risk score"), FactType.NUMBER),
        d.COMPANY,
        d.AUTHOR,
        d.REASON,
        d.EVIDENCE,
        d.ODOO,
    ),
)
