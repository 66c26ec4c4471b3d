"""Capacity counted the slow way: minute by minute, one person and one day at a time, straight from the mirror's rows.

Written apart from the measure, so that both would have to be wrong in the same way. It knows Odoo 19 alone.
"""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from cockpit.accounts.models import Person
from integrations.mirror import models as mirror


class Naive:
    """The rows as they were when it was made."""

    def __init__(self) -> None:
        self.employees = list(mirror.Employee.objects.all())
        self.versions = list(mirror.EmployeeVersion.objects.live().filter(active=True).order_by("date_version"))
        self.calendars = {row.pk: row for row in mirror.WorkCalendar.objects.all()}
        self.lines = list(mirror.CalendarAttendance.objects.all())
        self.closed = list(mirror.CalendarLeave.objects.live())
        self.leaves = list(mirror.Leave.objects.live().filter(odoo_state="validate"))
        self.sheets = list(mirror.Timesheet.objects.live().order_by("date"))

    def net_and_gross(self, person: Person, day: date) -> tuple[int, int] | None:
        """Minutes (net, gross) of an employed day; None where the person is not employed."""
        own = next(each for each in self.employees if each.pk == person.odoo_employee_id)
        same = [each for each in self.employees if each.pk == own.pk or (each.user_id or 0) == own.user_id]
        found = [one for one in (self._minutes(each, day) for each in same) if one is not None]
        if not found:
            return None
        gross = set().union(*(gross for gross, _ in found))
        net = set().union(*(net for _, net in found))
        return len(net), len(gross)

    def _minutes(self, employee: mirror.Employee, day: date) -> tuple[set[int], set[int]] | None:
        version = self._version(employee, day)
        if version is None:
            return None
        calendar = self.calendars.get(version.resource_calendar_id or 0)
        gross: set[int] = set()
        for line in self.lines:
            if line.calendar_id != version.resource_calendar_id or line.day_period == "lunch" or line.display_type:
                continue
            turn = str(((day - date(1, 1, 1)).days // 7) % 2)
            if line.dayofweek != day.weekday():
                continue
            if calendar and calendar.two_weeks_calendar and line.week_type not in (None, turn):
                continue
            gross |= set(range(int(line.hour_from * 60), int(line.hour_to * 60)))
        zone = ZoneInfo(employee.tz or (calendar.tz if calendar else "UTC"))
        off = [
            (row.date_from, row.date_to)
            for row in self.closed
            if row.calendar_id in (None, version.resource_calendar_id)
            and row.company_id in (None, version.company_id)
            and row.time_type != "other"
        ]
        off += [(row.date_from, row.date_to) for row in self.leaves if row.employee_id == employee.pk]
        walls = [[each.astimezone(zone).replace(tzinfo=None) for each in one] for one in off]
        midnight = datetime.combine(day, datetime.min.time())
        net = {
            minute
            for minute in gross
            if not any(start <= midnight + timedelta(minutes=minute) < end for start, end in walls)
        }
        return gross, net

    def _version(self, employee: mirror.Employee, day: date) -> mirror.EmployeeVersion | None:
        rows = [row for row in self.versions if row.employee_id == employee.pk]
        sheets = [row.date for row in self.sheets if row.employee_id == employee.pk]
        begun = [row for row in rows if row.date_version <= day]
        if not begun and rows:
            start = rows[0].contract_date_start or (sheets[0] if sheets else None)
            begun = rows[:1] if start and start <= day else []
        if not begun:
            return None
        version = begun[-1]
        if version.contract_date_start and day < version.contract_date_start:
            return None
        if any(end and day > end for end in (version.contract_date_end, version.departure_date)):
            return None
        ends_known = rows[-1].contract_date_end or rows[-1].departure_date
        if (not employee.active or employee.odoo_deleted_at) and not ends_known and version == rows[-1]:
            return version if sheets and day <= sheets[-1] else None
        return version
