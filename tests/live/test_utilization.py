"""Capacity and billable hours, held against what a real Odoo says of the same records.

Odoo sums timesheets itself (`formatted_read_group`). How long somebody works it does not tell over RPC (its
`get_work_hours_count` takes only real datetimes), so that is counted from its raw records: calendars, versions, and
the personal rows of `resource.calendar.leaves`, which Odoo writes when a leave is approved and the cockpit never reads.
"""

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.db.models import Sum
from django.utils import timezone

from cockpit.accounts.models import Person
from dashboards import rollups
from dashboards.models import PersonWeek
from delivery.measures import capacity, utilization
from delivery.measures.staff import person_of_employee
from tests.contract.test_pulling import pull
from tests.contract.world import QUIET, unique

pytestmark = pytest.mark.django_db
EVERY = {"active_test": False}
STAMP = "%Y-%m-%d %H:%M:%S"


def monday(weeks_ago: int) -> date:
    today = timezone.now().date()
    return today - timedelta(days=today.weekday() + 7 * weeks_ago)


@pytest.fixture
def employee(odoo):
    """Somebody new with a contract since eight weeks, part time for the last four, away and on a holiday in between."""
    company = odoo.companies["de"]
    context = {**QUIET, "allowed_company_ids": [company]}
    call = odoo.admin.call
    full, half = (_calendar(odoo, company, days) for days in (range(5), range(3)))
    made = call(
        "hr.employee",
        "create",
        vals_list=[
            {
                "name": unique("Uma"),
                "company_id": company,
                "tz": "Europe/Berlin",
                "resource_calendar_id": full,
                "contract_date_start": str(monday(8)),
                "date_version": str(monday(8)),
            }
        ],
        context=context,
    )[0]
    call("hr.employee", "create_version", [made], values={"date_version": str(monday(4)), "resource_calendar_id": half})
    day = monday(6) + timedelta(days=2)
    call(
        "resource.calendar.leaves",
        "create",
        vals_list=[
            {
                "name": unique("Closed"),
                "calendar_id": full,
                "company_id": company,
                "date_from": f"{day} 00:00:00",
                "date_to": f"{day} 21:59:59",
            }
        ],
        context=context,
    )
    return made


def _calendar(odoo, company, days):
    lines = [
        [
            0,
            0,
            {"name": f"{day} {start}", "dayofweek": str(day), "hour_from": start, "hour_to": end, "day_period": part},
        ]
        for day in days
        for part, start, end in (("morning", 8, 12), ("lunch", 12, 13), ("afternoon", 13, 17))
    ]
    values = {"name": unique("Calendar"), "company_id": company, "tz": "Europe/Berlin", "attendance_ids": lines}
    return odoo.admin.call("resource.calendar", "create", vals_list=[values])[0]


def _of_raw_records(odoo, employee, first, last):
    """Day → (net, gross) minutes: each minute of each attendance, less those inside any leave of Odoo's calendars."""
    read = odoo.admin.search_read
    person = read("hr.employee", [("id", "=", employee)], ["resource_id", "tz", "company_id"], context=EVERY)[0]
    versions = read(
        "hr.version",
        [("employee_id", "=", employee)],
        ["date_version", "resource_calendar_id", "contract_date_start", "contract_date_end"],
    )
    versions.sort(key=lambda one: one["date_version"])
    zone, found = ZoneInfo(person["tz"]), {}
    day = first
    while day <= last:
        begun = [one for one in versions if one["date_version"] <= str(day)]
        started = begun and (begun[-1]["contract_date_start"] or begun[0]["date_version"]) <= str(day)
        if started and not (begun[-1]["contract_date_end"] and begun[-1]["contract_date_end"] < str(day)):
            calendar = begun[-1]["resource_calendar_id"]
            lines = read(
                "resource.calendar.attendance",
                [("calendar_id", "=", calendar), ("dayofweek", "=", str(day.weekday())), ("day_period", "!=", "lunch")],
                ["hour_from", "hour_to"],
            )
            leaves = read(
                "resource.calendar.leaves",
                [
                    ("calendar_id", "in", [calendar, False]),
                    ("time_type", "=", "leave"),
                    ("resource_id", "in", [person["resource_id"], False]),
                    ("company_id", "in", [person["company_id"], False]),
                ],
                ["date_from", "date_to"],
            )
            gross = {
                minute for one in lines for minute in range(round(one["hour_from"] * 60), round(one["hour_to"] * 60))
            }
            walls = [
                [
                    datetime.strptime(one[name], STAMP).replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None)
                    for name in ("date_from", "date_to")
                ]
                for one in leaves
            ]
            midnight = datetime.combine(day, datetime.min.time())
            taken = {minute for minute in gross if any(a <= midnight + timedelta(minutes=minute) < b for a, b in walls)}
            found[day] = (len(gross - taken), len(gross))
        day += timedelta(days=1)
    return found


class TestCapacity:
    def test_is_what_odoos_own_calendars_give(self, odoo, employee):
        pull(odoo)
        person = Person.objects.get(odoo_employee_id=employee)
        first, last = monday(9), monday(0)
        days = capacity.by_day([person.pk], first, last)
        found = {day: (one.net_min, one.gross_min) for (_, day), one in days.items()}
        assert found == _of_raw_records(odoo, employee, first, last)
        assert sum(gross for _, gross in found.values()) > 4 * 5 * 480

    def test_of_everybody_is_what_odoos_own_calendars_give(self, odoo):
        pull(odoo)
        first, last = monday(3), monday(0)
        rows = Person.objects.filter(odoo_employee_id__isnull=False, active=True)
        people = dict(rows.values_list("pk", "odoo_employee_id")[:25])
        days = capacity.by_day(people, first, last)
        for person, employee in people.items():
            raw = _of_raw_records(odoo, employee, first, last)
            found = {day: (one.net_min, one.gross_min) for (pk, day), one in days.items() if pk == person}
            assert {day: found.get(day) for day in raw} == raw, employee


class TestHours:
    def test_billable_and_other_hours_are_odoos_sums(self, odoo, employee):
        values = {"name": unique("Inside"), "company_id": odoo.companies["de"], "allow_timesheets": True}
        project = odoo.admin.call("project.project", "create", vals_list=[values], context=QUIET)[0]
        line = {"project_id": project, "employee_id": employee, "name": "Work", "company_id": odoo.companies["de"]}
        lines = [{**line, "date": str(monday(week)), "unit_amount": hours} for week, hours in ((1, 7.75), (2, 2.5))]
        odoo.admin.call("account.analytic.line", "create", vals_list=lines, context=QUIET)
        pull(odoo)
        last = timezone.now().date() - timedelta(days=1)
        rollups.refresh(at=timezone.now(), sure=True)
        domain = [
            ("project_id", "!=", False),
            ("employee_id", "!=", False),
            ("date", "<=", str(last)),
            ("date", ">=", str(PersonWeek.objects.order_by("month").first().month)),
        ]
        sums: dict = defaultdict(Decimal)
        for billable in (True, False):
            kinds = ("timesheet_invoice_type", "in", utilization.billable_kinds())
            terms = [kinds, ("project_id.allow_billable", "=", True)]
            part = terms if billable else ["!", "&", *terms]
            rows = odoo.client.call(
                "account.analytic.line",
                "formatted_read_group",
                domain=[*domain, *part],
                groupby=["employee_id"],
                aggregates=["unit_amount:sum"],
                context=EVERY,
            )
            for row in rows:
                sums[row["employee_id"][0], billable] += Decimal(str(round(row["unit_amount:sum"], 6)))
        kept = PersonWeek.objects.values("person__odoo_employee_id").annotate(b=Sum("billable_h"), o=Sum("other_h"))
        found = {}
        for row in kept:
            for billable, hours in ((True, row["b"]), (False, row["o"])):
                if hours:
                    found[row["person__odoo_employee_id"], billable] = round(hours, 6)
        assert found[employee, False] == Decimal("10.25")
        of = firsts()
        wanted: dict = defaultdict(Decimal)
        for (employee, billable), hours in sums.items():
            if hours and employee in of:
                wanted[of[employee], billable] += hours
        assert {key: round(value, 4) for key, value in found.items()} == {
            key: round(value, 4) for key, value in wanted.items()
        }


def firsts() -> dict[int, int]:
    """Employee → the employee whose person stands for it."""
    first = dict(Person.objects.filter(odoo_employee_id__isnull=False).values_list("pk", "odoo_employee_id"))
    return {employee: first[person] for employee, person in person_of_employee().items()}
