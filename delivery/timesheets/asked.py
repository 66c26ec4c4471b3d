"""Timesheet week: a person's week is agreed to by whoever manages them or the project."""

from django.utils.translation import gettext_lazy as _

from approvals.kinds import Fact, FactType, Kind
from delivery import declaring as d

KEY = "timesheet_week"

TIMESHEET_WEEK = Kind(
    key=KEY,
    label=_("Timesheet week"),
    title=d.sentence(_("Timesheets of %(person)s, week %(week)s: %(hours)s h")),
    if_approved=d.kept_here(_("The week counts as approved.")),
    if_rejected=d.sentence(_("The week stays open; %(person)s reads the reason.")),
    changes=d.unchanged,
    form=("person", "week", "hours", "billable", "expected", "manager", "reason"),
    needed=("person", "week", "hours"),
    facts=(
        Fact("hours", _("Hours"), FactType.NUMBER, material=True, lead=True),
        Fact("billable", _("of them billable"), FactType.NUMBER, material=True),
        Fact("expected", _("Expected hours"), FactType.NUMBER),
        Fact("week", _("Week"), FactType.TEXT, material=True),
        Fact("person", _("Who"), FactType.PERSON, material=True),
        Fact("manager", _("Manager"), FactType.PERSON),
        d.REASON,
        d.ODOO,
    ),
)
