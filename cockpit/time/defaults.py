"""The calendar of a unit for which the firm has set none."""

from django.db import transaction

from cockpit.time.models import Attendance, Calendar

NAME = "Monday to Friday, 9 to 17"


@transaction.atomic
def standard_week() -> Calendar:
    """One plain working week in UTC, made when it is first needed."""
    calendar, made = Calendar.objects.get_or_create(name=NAME, odoo_id=None, defaults={"time_zone": "UTC"})
    if made:
        Attendance.objects.bulk_create(
            Attendance(calendar=calendar, weekday=day, from_minute=9 * 60, to_minute=17 * 60) for day in range(5)
        )
    return calendar
