"""Mirror → people, units, calendars and absence. Nobody else writes what comes from Odoo; every change is audited.

`from integrations.odoo import directory; directory.project(at=…)`
"""

from datetime import datetime


def project(*, at: datetime) -> None:
    """Bring units, persons, calendars, holidays and absence in line with the mirror, then clocks with calendars."""
    from django.db import transaction

    from cockpit.time.services import recalendar

    with transaction.atomic():
        changed = bring_in_line(at=at)
    if changed:
        recalendar(at=at)


def bring_in_line(*, at: datetime) -> bool:
    """The same inside the caller's transaction, without the clocks; whether anything changed that they count on.

    Twice changes nothing. What people decide here (roles, sign-ins, a person's deputy) is never touched; what left Odoo
    becomes inactive.
    """
    from . import calendars, people, units

    changed = calendars.project(at=at)
    units.project(at=at)
    return changed | people.project(at=at)
