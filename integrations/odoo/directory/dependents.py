"""What the directory is projected from."""

from django.utils.translation import gettext_lazy as _

from integrations.mirror.dependents import Dependent

DEPENDENTS = (
    Dependent(
        _("people, units and working time"),
        frozenset({"res.users", "hr.employee", "hr.department", "res.company", "resource.calendar", "hr.leave",
                   "resource.calendar.attendance", "resource.calendar.leaves"}),
    ),
)  # fmt: skip
