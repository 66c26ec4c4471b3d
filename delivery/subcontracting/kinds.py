"""Subcontractor engagement: somebody from outside works for a client."""

from django.utils.translation import gettext_lazy as _

from approvals.kinds import Fact, FactType, Kind, Slot
from delivery import declaring as d

KEY = "subcontractor"

SUBCONTRACTOR = Kind(
    key=KEY,
    label=_("Subcontractor"),
    money="amount",
    title=d.sentence(_("Engage %(vendor)s for %(project)s, %(amount)s")),
    if_approved=d.kept_here(_("%(vendor)s may be engaged for %(project)s up to %(amount)s.")),
    if_rejected=d.sentence(_("%(vendor)s is not engaged; who asked reads the reason.")),
    changes=d.unchanged,
    evidence=(Slot("contract", _("The contract"), lambda one: True, _("contract missing")),),
    form=(
        "amount",
        "vendor",
        "project",
        "client",
        "role",
        "day_rate",
        "days",
        "margin",
        "start_date",
        "end_date",
        "project_manager",
        "reason",
    ),
    needed=("amount", "vendor", "project", "reason"),
    facts=(
        d.amount(_("Amount of the engagement")),
        Fact("vendor", _("Vendor"), FactType.RECORD, material=True),
        Fact("role", _("Role"), FactType.TEXT),
        Fact("day_rate", _("Day rate"), FactType.MONEY, material=True),
        Fact("days", _("Days"), FactType.NUMBER, material=True),
        Fact("margin", _("Margin, per cent"), FactType.NUMBER),
        Fact("start_date", _("From"), FactType.DATE),
        Fact("end_date", _("Until"), FactType.DATE),
        d.PROJECT,
        d.CLIENT,
        d.PROJECT_MANAGER,
        d.REASON,
        d.EVIDENCE,
        d.ODOO,
    ),
)
