"""Staffing: somebody is put on a project for a time."""

from django.utils.translation import gettext_lazy as _

from approvals.kinds import Fact, FactType, Kind
from delivery import declaring as d

KEY = "staffing"

STAFFING = Kind(
    key=KEY,
    label=_("Staffing"),
    title=d.sentence(_("Staff %(project)s: %(role)s, %(hours)s h")),
    if_approved=d.kept_here(_("%(person)s works on %(project)s from %(start_date)s until %(end_date)s.")),
    if_rejected=d.sentence(_("%(project)s stays unstaffed; who asked reads the reason.")),
    changes=d.unchanged,
    form=("project", "client", "role", "person", "hours", "start_date", "end_date", "project_manager", "reason"),
    needed=("project", "role", "hours"),
    facts=(
        Fact("hours", _("Hours"), FactType.NUMBER, material=True, lead=True),
        d.PROJECT,
        d.CLIENT,
        Fact("role", _("Role"), FactType.TEXT, material=True),
        Fact("person", _("Who"), FactType.PERSON, material=True),
        Fact("start_date", _("From"), FactType.DATE, material=True),
        Fact("end_date", _("Until"), FactType.DATE, material=True),
        Fact("utilization", _("Utilization in that time, per cent"), FactType.NUMBER, dated=True),
        d.PROJECT_MANAGER,
        d.REASON,
        d.ODOO,
    ),
)
