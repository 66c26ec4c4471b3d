"""What the lifecycle reads of the mirror."""

from django.utils.translation import gettext_lazy as _

from integrations.mirror.dependents import Dependent

DEPENDENTS = (
    Dependent(
        _("invoice release"),
        frozenset({"account.move", "account.move.line", "res.partner", "res.currency", "res.currency.rate",
                   "res.company", "project.project", "ir.attachment", "res.partner.category"}),
    ),
    Dependent(
        _("missing timesheets"),
        frozenset({"account.analytic.line", "hr.employee", "hr.version", "hr.leave", "resource.calendar",
                   "resource.calendar.attendance", "resource.calendar.leaves"}),
    ),
)  # fmt: skip
