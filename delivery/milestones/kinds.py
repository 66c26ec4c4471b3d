"""Milestone sign-off: what was reached is confirmed before it is billed."""

from django.utils.translation import gettext_lazy as _

from approvals.kinds import Fact, FactType, Kind, Slot
from delivery import declaring as d

KEY = "milestone"

MILESTONE = Kind(
    key=KEY,
    label=_("Milestone sign-off"),
    money="amount",
    title=d.sentence(_("Sign off %(milestone)s of %(project)s, %(amount)s")),
    if_approved=d.kept_here(_("%(milestone)s counts as reached and may be billed: %(amount)s.")),
    if_rejected=d.sentence(_("%(milestone)s stays open; who asked reads the reason.")),
    changes=d.unchanged,
    evidence=(Slot("acceptance", _("The client’s acceptance"), lambda one: True, _("acceptance missing")),),
    form=("amount", "milestone", "project", "client", "reached_date", "project_manager", "reason"),
    needed=("amount", "milestone", "project"),
    facts=(
        d.amount(_("To be billed")),
        Fact("milestone", _("Milestone"), FactType.RECORD, material=True),
        d.PROJECT,
        d.CLIENT,
        d.CLIENT_TIER,
        Fact("reached_date", _("Reached on"), FactType.DATE, material=True),
        Fact("share", _("Share of the order, per cent"), FactType.NUMBER, material=True),
        d.PROJECT_MANAGER,
        d.ACCOUNT_DIRECTOR,
        d.REASON,
        d.EVIDENCE,
        d.ODOO,
    ),
)
