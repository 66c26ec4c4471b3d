"""Mirror → units, people, calendars and absence."""

from datetime import UTC, datetime, timedelta

import pytest

from cockpit import audit
from cockpit.accounts.models import Person, Unit, User
from cockpit.audit.models import Entry
from cockpit.time.models import Absence, Attendance, Calendar, Holiday
from integrations.mirror import models as mirror
from integrations.odoo import directory
from tests.mirrored import mirrored, vanished

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
pytestmark = pytest.mark.django_db
DE, US, MUNICH, LAB = 1, 2, 10, 11
FULL, PART = 100, 101
ANN, BEN, LEA = 1000, 1001, 1002


@pytest.fixture
def firm():
    """A German company with a department in a department, an American one, and three people."""
    mirrored(mirror.Currency, 1, name="EUR")
    mirrored(mirror.Currency, 2, name="USD")
    mirrored(mirror.WorkCalendar, FULL, name="40 hours", tz="Europe/Berlin", company_id=DE)
    mirrored(mirror.WorkCalendar, PART, name="America", tz="America/New_York", company_id=US)
    for day in range(5):
        mirrored(mirror.CalendarAttendance, day, calendar_id=FULL, dayofweek=day, hour_from=8, hour_to=12.5)
        mirrored(mirror.CalendarAttendance, 50 + day, calendar_id=PART, dayofweek=day, hour_from=9, hour_to=17)
    mirrored(mirror.Company, DE, name="Halden & Roth GmbH", currency_id=1, resource_calendar_id=FULL)
    mirrored(mirror.Company, US, name="Halden & Roth Inc.", currency_id=2, resource_calendar_id=PART)
    mirrored(mirror.Department, LAB, name="Lab", parent_id=MUNICH, company_id=DE)
    mirrored(mirror.Department, MUNICH, name="Munich", company_id=DE)
    mirrored(mirror.OdooUser, 5, login="ben@halden.example")
    mirrored(mirror.Employee, LEA, name="Lea Lindt", work_email="lea@halden.example", company_id=DE, tz="Europe/Berlin")
    mirrored(
        mirror.Employee,
        ANN,
        name="Ann Albers",
        work_email="Ann@halden.example",
        company_id=DE,
        parent_id=LEA,
        resource_calendar_id=FULL,
    )
    mirrored(
        mirror.Employee,
        BEN,
        name="Ben Brook",
        company_id=DE,
        department_id=LAB,
        parent_id=ANN,
        user_id=5,
        tz="Mars/Olympus",
    )
    directory.project(at=AT)


def person(employee: int) -> Person:
    return Person.objects.get(odoo_employee_id=employee)


def unit(model: str, odoo_id: int) -> Unit:
    return Unit.objects.get(odoo_model=model, odoo_id=odoo_id)


def verbs(subject) -> list[str]:
    return list(Entry.objects.filter(subject=subject).order_by("seq").values_list("verb", flat=True))


class TestUnits:
    def test_are_companies_with_their_departments_below(self, firm):
        company, munich, lab = unit("res.company", DE), unit("hr.department", MUNICH), unit("hr.department", LAB)
        assert (company.parent, munich.parent, lab.parent) == (None, company, munich)
        assert lab.path == f"/{company.pk}/{munich.pk}/{lab.pk}/"
        assert (lab.company_id, lab.currency, unit("res.company", US).currency) == (company.pk, "EUR", "USD")

    def test_have_their_companys_calendar(self, firm):
        assert (
            unit("res.company", DE).calendar
            == unit("hr.department", LAB).calendar
            == Calendar.objects.get(odoo_id=FULL)
        )

    def test_follow_a_move_with_all_below(self, firm):
        mirrored(mirror.Department, MUNICH, company_id=US)
        mirrored(mirror.Department, LAB, company_id=US)
        directory.project(at=AT)
        us, munich, lab = unit("res.company", US), unit("hr.department", MUNICH), unit("hr.department", LAB)
        assert lab.path == f"/{us.pk}/{munich.pk}/{lab.pk}/"
        assert verbs(f"accounts.unit:{munich.pk}") == ["accounts.unit.create", "accounts.unit.change"]

    def test_become_inactive_when_they_left_odoo(self, firm):
        vanished(mirror.Department, LAB)
        directory.project(at=AT)
        assert not unit("hr.department", LAB).active

    def test_break_the_circle_that_half_a_reorganisation_looks_like(self, firm):
        mirrored(mirror.Department, MUNICH, parent_id=LAB)
        directory.project(at=AT)
        company, munich, lab = unit("res.company", DE), unit("hr.department", MUNICH), unit("hr.department", LAB)
        assert (munich.parent, lab.parent) == (company, munich)


class TestPeople:
    def test_are_employees_with_unit_manager_calendar_and_zone(self, firm):
        ann, ben = person(ANN), person(BEN)
        assert (ann.manager, ben.manager) == (person(LEA), ann)
        assert (ann.unit, ben.unit) == (unit("res.company", DE), unit("hr.department", LAB))
        assert (ann.calendar, ben.calendar) == (Calendar.objects.get(odoo_id=FULL), None)
        assert (person(LEA).time_zone, ben.time_zone) == ("Europe/Berlin", "UTC")
        assert (ben.odoo_user_id, ben.email, ann.email) == (5, "ben@halden.example", "ann@halden.example")

    def test_get_the_sign_in_of_their_address(self, firm):
        user = User.objects.create_user("ANN@halden.example")
        directory.project(at=AT)
        assert person(ANN).user == user
        assert person(BEN).user is None

    def test_get_no_sign_in_that_two_would_claim(self, firm):
        mirrored(mirror.Employee, 1003, name="Ann's twin", work_email="ann@halden.example", company_id=DE)
        User.objects.create_user("ann@halden.example")
        directory.project(at=AT)
        assert not Person.objects.filter(user__isnull=False).exists()

    def test_become_inactive_when_they_are_archived_or_gone_and_keep_their_history(self, firm):
        mirrored(mirror.Employee, ANN, active=False)
        vanished(mirror.Employee, BEN)
        directory.project(at=AT)
        assert (person(ANN).active, person(BEN).active, person(LEA).active) == (False, False, True)
        assert verbs(f"accounts.person:{person(ANN).pk}") == [
            "accounts.person.create",
            "accounts.person.change",
            "accounts.person.change",
        ]

    def test_are_one_though_odoo_has_an_employee_of_them_in_each_company(self, firm):
        mirrored(mirror.Employee, 2000, name="Ben Brook", company_id=US, user_id=5)
        mirrored(mirror.Leave, 1, employee_id=2000, odoo_state="validate", date_from=AT, date_to=AT + timedelta(days=1))
        directory.project(at=AT)
        assert Person.objects.filter(odoo_user_id=5).get() == person(BEN)
        assert Absence.objects.get().person_id == person(BEN).pk

    def test_stay_one_when_their_second_employee_gets_the_user_later(self, firm):
        mirrored(mirror.Employee, 2000, name="Ben Brook", company_id=US)
        directory.project(at=AT)
        mirrored(mirror.Employee, 2000, user_id=5)
        directory.project(at=AT)
        assert Person.objects.filter(odoo_user_id=5, active=True).get() == person(BEN)
        assert not person(2000).active

    def test_made_by_hand_are_the_employee_with_their_address(self, firm):
        user = User.objects.create_user("mia@halden.example")
        mia = Person.objects.create(name="Mia", email="Mia@halden.example", user=user)
        mirrored(mirror.Employee, 1004, name="Mia Moreau", work_email="mia@halden.example", company_id=DE)
        directory.project(at=AT)
        mia.refresh_from_db()
        assert (mia.odoo_employee_id, mia.name, mia.user) == (1004, "Mia Moreau", user)

    def test_without_an_employee_are_known_by_their_login(self, firm):
        eve = Person.objects.create(name="Eve", email="eve@halden.example")
        mirrored(mirror.OdooUser, 9, login="eve@halden.example")
        directory.project(at=AT)
        eve.refresh_from_db()
        assert (eve.odoo_user_id, eve.odoo_employee_id) == (9, None)


class TestCalendars:
    def test_have_the_hours_without_breaks_and_headings(self, firm):
        mirrored(
            mirror.CalendarAttendance, 90, calendar_id=FULL, dayofweek=0, hour_from=12.5, hour_to=13, day_period="lunch"
        )
        mirrored(mirror.CalendarAttendance, 91, calendar_id=FULL, dayofweek=0, display_type="line_section")
        mirrored(mirror.CalendarAttendance, 92, calendar_id=FULL, dayofweek=0, hour_from=13, hour_to=24)
        directory.project(at=AT)
        monday = Attendance.objects.filter(calendar__odoo_id=FULL, weekday=0)
        assert list(monday.values_list("from_minute", "to_minute")) == [(480, 750), (780, 1440)]

    def test_of_two_weeks_count_with_their_first(self, firm):
        mirrored(mirror.CalendarAttendance, 93, calendar_id=FULL, dayofweek=5, hour_from=9, hour_to=10, week_type="0")
        mirrored(mirror.CalendarAttendance, 94, calendar_id=FULL, dayofweek=6, hour_from=9, hour_to=10, week_type="1")
        directory.project(at=AT)
        assert set(
            Attendance.objects.filter(calendar__odoo_id=FULL, weekday__gte=5).values_list("weekday", flat=True)
        ) == {5}

    def test_are_closed_on_their_companys_holidays_only(self, firm):
        mirrored(mirror.CalendarLeave, 1, name="Unity day", company_id=DE, date_from=AT, date_to=AT + timedelta(days=1))
        directory.project(at=AT)
        assert Holiday.objects.get().calendar.odoo_id == FULL

    def test_are_all_closed_when_the_holiday_names_no_company(self, firm):
        mirrored(mirror.CalendarLeave, 1, name="Founders' day", date_from=AT, date_to=AT + timedelta(days=1))
        directory.project(at=AT)
        assert Holiday.objects.count() == 2

    def test_open_again_when_the_holiday_is_gone_or_moved(self, firm):
        for odoo_id in (1, 2):
            mirrored(mirror.CalendarLeave, odoo_id, calendar_id=FULL, date_from=AT, date_to=AT + timedelta(days=1))
        directory.project(at=AT)
        vanished(mirror.CalendarLeave, 1)
        mirrored(mirror.CalendarLeave, 2, date_to=AT + timedelta(days=2))
        directory.project(at=AT)
        assert Holiday.objects.get().end_at == AT + timedelta(days=2)

    def test_take_public_holidays_from_their_country_where_odoo_has_none(self, firm):
        mirrored(mirror.Company, DE, country_code="DE")
        directory.project(at=AT)
        names = Holiday.objects.filter(calendar__odoo_id=FULL, start_at__year=2026).values_list("name", flat=True)
        assert "German Unity Day" in names

    def test_without_hours_are_given_to_nobody(self, firm):
        mirrored(mirror.WorkCalendar, 102, name="Flexible", company_id=DE, flexible_hours=True)
        mirrored(mirror.Employee, ANN, resource_calendar_id=102)
        directory.project(at=AT)
        assert person(ANN).calendar is None


class TestAbsence:
    def leave(self, odoo_id=1, **values):
        stretch = {"date_from": AT, "date_to": AT + timedelta(days=2)}
        return mirrored(mirror.Leave, odoo_id, **{"employee_id": ANN, "odoo_state": "validate", **stretch, **values})

    def test_is_approved_leave_without_a_reason(self, firm):
        self.leave()
        self.leave(2, odoo_state="confirm")
        directory.project(at=AT)
        absence = Absence.objects.get()
        assert (absence.person_id, absence.start_at, absence.end_at) == (person(ANN).pk, AT, AT + timedelta(days=2))

    def test_ends_when_the_leave_is_refused_or_gone(self, firm):
        self.leave()
        self.leave(2)
        directory.project(at=AT)
        self.leave(odoo_state="refuse")
        vanished(mirror.Leave, 2)
        directory.project(at=AT)
        assert not Absence.objects.exists()


class TestTwice:
    def test_changes_nothing(self, firm, django_assert_max_num_queries):
        before = Entry.objects.count()
        with django_assert_max_num_queries(60):
            directory.project(at=AT + timedelta(hours=1))
        assert Entry.objects.count() == before

    def test_leaves_a_trail_that_verifies(self, firm):
        audit.seal(AT)
        assert audit.verify() == []
