"""Mirror → people, units, calendars and absence. Nobody else writes what comes from Odoo; every change is audited.

`from integrations.odoo import directory; directory.project(at=…)`
"""

from datetime import datetime


def project(*, at: datetime) -> None:
    """Bring units, persons, calendars, holidays and absence in line with the mirror. Twice changes nothing.

    What people decide here (roles, sign-ins, a person's deputy) is never touched; what left Odoo becomes inactive.
    """
    from django.db import transaction

    from cockpit.time.services import recalendar

    from . import calendars, people, units

    with transaction.atomic():
        changed = calendars.project(at=at)
        units.project(at=at)
        changed |= people.project(at=at)
    if changed:
        recalendar(at=at)
