"""Project initiation: a project whose scope is not the standard one starts."""

from django.utils.translation import gettext_lazy as _

from approvals.kinds import Fact, FactType, Kind, Slot
from delivery import declaring as d

KEY = "project_initiation"

PROJECT_INITIATION = Kind(
    key=KEY,
    label=_("Project initiation"),
    money="amount",
    title=d.sentence(_("Start %(project)s for %(client)s, %(amount)s")),
    if_approved=d.kept_here(_("%(project)s may start.")),
    if_rejected=d.sentence(_("%(project)s does not start; who asked reads the reason.")),
    changes=d.unchanged,
    evidence=(Slot("sow", _("The statement of work"), lambda one: True, _("statement of work missing")),),
    form=(
        "amount",
        "project",
        "client",
        "project_type",
        "service_line",
        "hours",
        "margin",
        "risk",
        "start_date",
        "end_date",
        "project_manager",
        "reason",
    ),
    needed=("project", "client", "reason"),
    facts=(
        d.amount(_("Order value")),
        d.PROJECT,
        d.CLIENT,
        d.CLIENT_TIER,
        d.PROJECT_TYPE,
        d.SERVICE_LINE,
        Fact("hours", _("Planned hours"), FactType.NUMBER, material=True),
        Fact("margin", _("Planned margin, per cent"), FactType.NUMBER, material=True),
        Fact("risk", _("Risk score"), FactType.NUMBER),
        Fact("start_date", _("From"), FactType.DATE),
        Fact("end_date", _("Until"), FactType.DATE),
        d.PROJECT_MANAGER,
        d.ACCOUNT_DIRECTOR,
        d.REASON,
        d.EVIDENCE,
        d.ODOO,
    ),
)
