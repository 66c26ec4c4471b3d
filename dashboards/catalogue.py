"""What each number means, said in one place: the page, its downloads and the documentation read it from here."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Text = str | Promise


@dataclass(frozen=True)
class Metric:
    """`version` moves whenever the same records would give another number."""

    key: str
    name: Text
    formula: Text
    unit: Text
    source: Text
    owner: Text
    version: int


_owner = _("PMO")
_odoo = _("Odoo: timesheets, projects, employees and their versions, working calendars, time off")

UTILIZATION = Metric(
    "utilization",
    _("Billable utilization, net"),
    _(
        "Billable hours ÷ net capacity. Net capacity is the working calendar of each day, less public holidays, less"
        " approved leave."
    ),
    _("per cent"),
    _odoo,
    _owner,
    1,
)
GROSS = Metric(
    "utilization_gross",
    _("Billable utilization, gross"),
    _("Billable hours ÷ the hours of the working calendar, before public holidays and leave."),
    _("per cent"),
    _odoo,
    _owner,
    1,
)
BILLABLE = Metric(
    "billable_hours",
    _("Billable hours"),
    _(
        "Hours on projects that may be invoiced, which Odoo invoices by time, at a fixed price, by milestone or by"
        " hand. Corrections count as they are."
    ),
    _("hours"),
    _("Odoo: timesheets, projects"),
    _owner,
    1,
)
OTHER = Metric(
    "other_hours",
    _("Other hours"),
    _("All other hours on a project: internal work, and client work that is not invoiced."),
    _("hours"),
    _("Odoo: timesheets, projects"),
    _owner,
    1,
)
CAPACITY = Metric(
    "capacity",
    _("Capacity"),
    _(
        "Hours of the working calendar from the first day of employment to the last, in the department of that day."
        " Net: less public holidays and approved leave. A human with several employee records counts once."
    ),
    _("hours"),
    _("Odoo: employees and their versions, working calendars, time off"),
    _owner,
    1,
)
UNRECORDED = Metric(
    "unrecorded",
    _("Not recorded"),
    _(
        "Net capacity − all recorded hours, by person and week up to yesterday, cut at the month’s end: what one"
        " recorded too much fills nobody else’s gap. Exceptions asks for less: weeks that are over, lack more than the"
        " tolerance, and belong to people who record time."
    ),
    _("hours"),
    _odoo,
    _owner,
    2,
)
UTILIZATION_PAGE = (UTILIZATION, GROSS, BILLABLE, OTHER, CAPACITY, UNRECORDED)
