from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal

import pytest

from cockpit.accounts.models import Person, Unit
from dashboards import rollups
from dashboards.models import ClientMonth, PersonWeek, Rollup
from integrations.mirror import models as mirror
from tests.measures.naive import Naive
from tests.measures.staffed import BOSTON, FULL, PIA, PMO, SAM, VIC, XIA, away, given, worked
from tests.mirrored import mirrored, vanished

from .world import AT, BILLED, CLIENT, made

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
NOVEMBER = date(2026, 11, 1)


CHANGES = {
    "date": lambda: mirrored(mirror.Timesheet, 101, date=date(2026, 11, 19)),
    "employee": lambda: mirrored(mirror.Timesheet, 101, employee_id=PIA),
    "hours": lambda: mirrored(mirror.Timesheet, 101, unit_amount=0.3333333),
    "type": lambda: mirrored(mirror.Timesheet, 101, timesheet_invoice_type="non_billable"),
    "deleted": lambda: vanished(mirror.Timesheet, 101, 102),
    "added": lambda: worked(9000, VIC, date(2026, 10, 12), 2),
    "project": lambda: mirrored(mirror.Project, BILLED, allow_billable=False),
    "department": lambda: given(SAM, 5000, "2026-11-09", department=PMO),
    "moved": lambda: given(VIC, 1001, "2026-11-04", department=BOSTON, calendar=FULL),
    "leave": lambda: away(77, SAM, "2026-11-16 08:00", "2026-11-18 17:00"),
    "holiday": lambda: vanished(mirror.CalendarLeave, 1),
    "calendar": lambda: mirrored(mirror.CalendarAttendance, 1000, hour_to=11.5),
}


@pytest.fixture
def world():
    people, units = made()
    rollups.refresh(at=AT)
    return people, units


def kept() -> dict:
    rows = PersonWeek.objects.values_list(
        "person_id", "unit_id", "month", "week", "gross_min", "holiday_min", "leave_min", "billable_h", "other_h"
    )
    return {row[:4]: row[4:] for row in rows if any(row[4:])}


def counted(first: date, last: date) -> dict:
    """Day by day and line by line, without the measures."""
    naive = Naive()
    units = {(unit.odoo_model, unit.odoo_id): unit.pk for unit in Unit.objects.all()}
    found: dict = defaultdict(lambda: [0, 0, 0, Decimal(), Decimal()])
    employees = {each.pk: each for each in naive.employees}
    persons = {person.odoo_employee_id: person for person in Person.objects.filter(odoo_employee_id__isnull=False)}
    of = {each.pk: persons.get(each.pk) or persons.get(XIA if each.user_id == 77 else 0) for each in naive.employees}
    projects = {each.pk: each for each in mirror.Project.objects.all()}

    def unit(person, day):
        employee = employees[person.odoo_employee_id]
        rows = [row for row in naive.versions if row.employee_id == employee.pk]
        begun = [row for row in rows if row.date_version <= day] or rows[:1]
        return units["hr.department", begun[-1].department_id]

    day = first
    while day <= last:
        frame = (day.replace(day=1), day - DAY * day.weekday())
        for person in persons.values():
            minutes = naive.net_and_gross(person, day)
            if minutes and minutes[1]:
                row = found[person.pk, unit(person, day), *frame]
                row[0] += minutes[1]
                row[1] += minutes[1] - minutes[0]  # holidays and leave together
        for line in naive.sheets:
            person = of.get(line.employee_id)
            if line.date == day and person:
                row = found[person.pk, unit(person, day), *frame]
                is_billed = line.timesheet_invoice_type == "billable_time" and projects[line.project_id].allow_billable
                row[3 if is_billed else 4] += line.unit_amount
        day += DAY
    return {key: tuple(row) for key, row in found.items() if any(row)}


def check() -> None:
    state = Rollup.objects.get()
    rows = {key: (g, h + le, 0, b, o) for key, (g, h, le, b, o) in kept().items() if key[2] >= date(2026, 10, 1)}
    assert rows == counted(date(2026, 10, 1), state.last)


class TestRefresh:
    def test_says_what_counting_every_day_and_line_says(self, world):
        check()
        assert Rollup.objects.get().last == date(2026, 11, 22)

    @pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
    def test_follows_a_change(self, world, change):
        generation = Rollup.objects.get().generation
        change()
        assert rollups.refresh(at=AT, sure=True).cells
        check()
        assert Rollup.objects.get().generation == generation + 1

    def test_makes_only_the_months_anew_that_a_change_touches(self, world):
        mirrored(mirror.Timesheet, 101, unit_amount=1)
        assert rollups.refresh(at=AT, sure=True).cells == 1

    def test_looks_only_when_something_was_pulled(self, world, django_assert_max_num_queries):
        with django_assert_max_num_queries(8):
            assert not rollups.refresh(at=AT + timedelta(seconds=15)).looked
        worked(9000, VIC, date(2026, 10, 12), 2)
        run = {"model": "account.analytic.line", "started_at": AT, "inserted": 1}
        mirror.PullRun.objects.create(**run, ended_at=AT + timedelta(seconds=20))
        assert rollups.refresh(at=AT + timedelta(seconds=30)).cells == 1
        check()

    def test_takes_yesterday_in_when_the_day_ends(self, world):
        worked(9000, VIC, AT.date(), 2)
        rollups.refresh(at=AT, sure=True)
        assert Decimal(2) not in [row[3] for row in kept().values()]
        rollups.refresh(at=AT + DAY)
        check()

    def test_gives_the_same_when_all_is_made_anew(self, world):
        before = kept()
        PersonWeek.objects.filter(month=NOVEMBER).update(billable_h=1)
        assert kept() != before
        rollups.refresh(at=AT, whole=True)
        assert kept() == before

    def test_keeps_the_same_hours_by_client(self, world):
        people, _ = world
        sums = dict.fromkeys((CLIENT, 71, 0), Decimal())
        for row in ClientMonth.objects.filter(person=people[SAM], month=NOVEMBER):
            sums[row.client_id] += row.billable_h + row.other_h
        by_week = PersonWeek.objects.filter(person=people[SAM], month=NOVEMBER)
        assert sums[CLIENT] == sum(row.billable_h for row in by_week)
        assert sum(sums.values()) == sum(row.billable_h + row.other_h for row in by_week)
