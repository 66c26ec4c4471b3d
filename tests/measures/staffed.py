"""A small staff in the mirror, one hard case each, written as Odoo would say it."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from cockpit.accounts.models import Person, Unit
from integrations.mirror import models as mirror
from integrations.odoo.pull.maps import BASE_COLUMNS, KINDS
from integrations.odoo.pull.merge import merge
from tests.mirrored import AT, mirrored

DE, US = 1, 2
FULL, HALF, TURNS, AMERICA, LATE = 1, 2, 3, 4, 5
DELIVERY, PMO, BOSTON = 5, 6, 7
SAM, PIA, TOM, UMA, VIC, WIM, XIA, YAN, ZOE = range(11, 20)
CASES = {SAM: "full time", PIA: "half days off", TOM: "turns", UMA: "joins", VIC: "moves", WIM: "leaves", XIA: "two",
         YAN: "archived", ZOE: "nights"}  # fmt: skip


class Batch(dict[Any, dict[int, dict[str, Any]]]):
    """Rows of many records, written at once: model → id → values."""

    def put(self, model: Any, odoo_id: int, **values: Any) -> None:
        self.setdefault(model, {})[odoo_id] = values

    def write(self) -> None:
        for model, rows in self.items():
            columns: dict[str, list[Any]] = {"odoo_id": list(rows), "odoo_write_date": [AT] * len(rows)}
            for field in model._meta.concrete_fields:
                if field.attname not in BASE_COLUMNS:
                    empty = next(kind.empty for type_, kind in KINDS if isinstance(field, type_))
                    blank = True if field.attname == "active" else empty
                    columns[field.attname] = [row.get(field.attname, blank) for row in rows.values()]
            merge(model, columns, at=AT)
        self.clear()


batch: Batch | None = None


def put(model: Any, odoo_id: int, **values: Any) -> None:
    if batch is None:
        mirrored(model, odoo_id, **values)
    else:
        batch.put(model, odoo_id, **values)


def week(calendar: int, zone: str, company: int, days: range, *parts: tuple[float, float], **more: Any) -> None:
    put(mirror.WorkCalendar, calendar, name=f"Calendar {calendar}", tz=zone, company_id=company,
             hours_per_day=8, **more)  # fmt: skip
    for day in days:
        for part, (start, end) in enumerate(parts):
            name = "lunch" if (start, end) == (12, 13) else "morning"
            put(mirror.CalendarAttendance, calendar * 1000 + day * 10 + part, calendar_id=calendar, dayofweek=day,
                     hour_from=start, hour_to=end, day_period=name)  # fmt: skip


def employ(employee: int, *, calendar: int = FULL, department: int = DELIVERY, since: str = "2025-01-01",
           company: int = DE, zone: str = "Europe/Berlin", name: str = "", user: int | None = None,
           active: bool = True, **version: Any) -> Person:  # fmt: skip
    put(mirror.Employee, employee, name=name or CASES[employee], active=active, tz=zone, company_id=company,
             user_id=user, department_id=department, resource_calendar_id=calendar)  # fmt: skip
    given(employee, employee * 10, since, calendar=calendar, department=department, company=company, **version)
    unit = Unit.objects.filter(odoo_model="hr.department", odoo_id=department).first()
    return Person.objects.create(name=name or CASES[employee], odoo_employee_id=employee, unit=unit, time_zone=zone)


def given(employee: int, number: int, since: str, *, calendar: int = FULL, department: int = DELIVERY,
          company: int = DE, **more: Any) -> None:  # fmt: skip
    put(mirror.EmployeeVersion, number, employee_id=employee, date_version=date.fromisoformat(since),
             resource_calendar_id=calendar, department_id=department, company_id=company, **more)  # fmt: skip


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def away(number: int, employee: int, start: str, end: str, state: str = "validate") -> None:
    put(mirror.Leave, number, employee_id=employee, odoo_state=state, date_from=utc(start), date_to=utc(end))


def closed(number: int, start: str, end: str, **more: Any) -> None:
    put(mirror.CalendarLeave, number, name="Closed", date_from=utc(start), date_to=utc(end), **more)


def worked(number: int, employee: int | None, day: date, hours: float, **more: Any) -> None:
    put(mirror.Timesheet, number, employee_id=employee, date=day, unit_amount=hours,
             **({"company_id": DE, "project_id": 1, "timesheet_invoice_type": "billable_time"} | more))  # fmt: skip


def staff() -> dict[int, Person]:
    """Employee → person. Germany's public holidays, two companies, and what October to January can bring."""
    global batch
    batch = Batch()
    try:
        return _staff()
    finally:
        batch.write()
        batch = None


def _staff() -> dict[int, Person]:
    morning, lunch, afternoon = (9, 12), (12, 13), (13, 18)
    week(FULL, "Europe/Berlin", DE, range(5), morning, lunch, afternoon)
    week(HALF, "Europe/Berlin", DE, range(3), (8.5, 12.25))
    week(AMERICA, "America/New_York", US, range(5), (8, 12), (13, 17))
    week(LATE, "Europe/Berlin", DE, range(7), (0, 6))
    week(TURNS, "Europe/Berlin", DE, range(0), two_weeks_calendar=True)
    for number, (turn, day) in enumerate([("0", 0), ("0", 1), ("1", 3)]):
        put(mirror.CalendarAttendance, 3000 + number, calendar_id=TURNS, dayofweek=day, hour_from=9, hour_to=17,
                 day_period="morning", week_type=turn)  # fmt: skip
    closed(1, "2026-10-02 22:00", "2026-10-03 21:59:59", company_id=DE)  # a Saturday
    closed(2, "2026-12-24 23:00", "2026-12-25 22:59:59", company_id=DE)
    closed(3, "2026-12-31 11:00", "2026-12-31 22:59:59", calendar_id=FULL, company_id=DE)  # from noon
    closed(4, "2026-11-26 05:00", "2026-11-27 04:59:59", company_id=US)
    closed(5, "2026-11-18 08:00", "2026-11-18 17:00", company_id=DE, time_type="other")  # a training: worked
    made = {SAM: employ(SAM), PIA: employ(PIA, calendar=HALF), TOM: employ(TOM, calendar=TURNS),
            UMA: employ(UMA, since="2026-11-16", contract_date_start=date(2026, 11, 16)), VIC: employ(VIC),
            WIM: employ(WIM, active=False, departure_date=date(2026, 11, 12)), XIA: employ(XIA, user=77),
            YAN: employ(YAN, active=False), ZOE: employ(ZOE, calendar=LATE)}  # fmt: skip
    given(VIC, 1001, "2026-11-11", department=PMO, calendar=HALF)
    put(mirror.Employee, 40, name="Xia in Boston", tz="America/New_York", company_id=US, user_id=77)
    given(40, 400, "2026-11-02", calendar=AMERICA, department=BOSTON, company=US)
    worked(1, YAN, date(2026, 11, 5), 8)
    away(1, SAM, "2026-12-22 08:00", "2026-12-28 17:00")  # over a weekend and a public holiday
    away(2, SAM, "2026-11-10 12:00", "2026-11-10 17:00")  # an afternoon
    away(3, SAM, "2026-11-12 08:00", "2026-11-12 17:00", state="confirm")
    away(4, PIA, "2026-11-04 07:30", "2026-11-04 09:00")  # an hour and a half
    away(5, ZOE, "2026-10-24 22:00", "2026-10-25 02:30")  # over the night in which the clock goes back
    away(6, SAM, "2026-11-10 10:00", "2026-11-10 13:00")  # overlaps the afternoon
    return made


def days(first: str, last: str) -> list[date]:
    start, end = date.fromisoformat(first), date.fromisoformat(last)
    return [start + timedelta(days=count) for count in range((end - start).days + 1)]
