from datetime import date
from decimal import Decimal
from time import perf_counter

import pytest

from cockpit.accounts.models import Person
from delivery.measures import capacity
from delivery.measures.working_time import Day
from integrations.mirror import models as mirror
from tests.mirrored import mirrored, vanished

from . import staffed
from .naive import Naive
from .staffed import PIA, SAM, UMA, VIC, WIM, XIA, YAN, ZOE

pytestmark = pytest.mark.django_db


@pytest.fixture
def people():
    return staffed.staff()


def month(person: Person, year: int, number: int) -> Decimal:
    days = capacity.by_day([person.pk], date(year, number, 1), date(year, number, 28))
    return sum((day.net_h for day in days.values()), Decimal())


class TestByDay:
    def test_says_what_a_count_of_every_minute_says(self, people):
        days = staffed.days("2026-10-19", "2027-01-03")
        found, naive = capacity.by_day([one.pk for one in people.values()], days[0], days[-1]), Naive()
        for employee, person in people.items():
            for day in days:
                one = found.get((person.pk, day))
                expected = naive.net_and_gross(person, day)
                assert (one and (one.net_min, one.gross_min)) == expected, (staffed.CASES[employee], day)

    def test_takes_an_afternoon_off(self, people):
        found = capacity.by_day([people[SAM].pk], date(2026, 11, 10), date(2026, 11, 11))
        assert [(day.net_h, day.leave_h) for day in found.values()] == [(2, 6), (8, 0)]

    def test_takes_a_leave_over_a_public_holiday_once(self, people):
        found = capacity.by_day([people[SAM].pk], date(2026, 12, 25), date(2026, 12, 25))
        assert list(found.values()) == [Day(480, holiday_min=480)]

    def test_counts_from_the_day_somebody_joins(self, people):
        found = capacity.by_day([people[UMA].pk], date(2026, 11, 1), date(2026, 11, 30))
        assert min(day for _, day in found) == date(2026, 11, 16)

    def test_ends_on_the_day_of_departure_and_with_the_last_timesheet(self, people):
        found = capacity.by_day([people[WIM].pk, people[YAN].pk], date(2026, 10, 1), date(2026, 12, 31))
        assert max(day for person, day in found if person == people[WIM].pk) == date(2026, 11, 12)
        assert max(day for person, day in found if person == people[YAN].pk) == date(2026, 11, 5)

    def test_follows_another_calendar_from_its_day(self, people):
        found = capacity.by_day([people[VIC].pk], date(2026, 11, 10), date(2026, 11, 11))
        assert [day.gross_h for day in found.values()] == [8, Decimal("3.75")]

    def test_counts_a_human_with_two_employers_once(self, people):
        found = capacity.by_day([people[XIA].pk], date(2026, 11, 3), date(2026, 11, 3))
        assert [day.gross_h for day in found.values()] == [9]  # 9–12 and 13–18 in Berlin, 8–12 and 13–17 in Boston

    def test_keeps_wall_hours_when_the_clock_changes(self, people):
        found = capacity.by_day([people[ZOE].pk], date(2026, 10, 25), date(2026, 10, 25))
        assert list(found.values()) == [Day(360, leave_min=210)]  # away until half past three

    def test_takes_a_leave_that_was_withdrawn_back(self, people):
        vanished(mirror.Leave, 2, 6)
        found = capacity.by_day([people[SAM].pk], date(2026, 11, 10), date(2026, 11, 10))
        assert [day.net_h for day in found.values()] == [8]

    def test_gives_no_hours_without_a_calendar(self, people):
        mirrored(mirror.EmployeeVersion, PIA * 10, resource_calendar_id=None)
        assert month(people[PIA], 2026, 11) == 0

    def test_asks_the_database_the_same_few_things_for_one_and_for_all(self, people, django_assert_num_queries):
        for wanted in ([people[SAM].pk], [one.pk for one in people.values()]):
            with django_assert_num_queries(8):
                capacity.by_day(wanted, date(2026, 11, 1), date(2026, 11, 30))

    def test_knows_only_whom_it_was_asked_about(self, people):
        assert {person for person, _ in capacity.by_day([people[SAM].pk], date(2026, 11, 1), date(2026, 11, 30))} == {
            people[SAM].pk
        }
        assert capacity.by_day([], date(2026, 11, 1), date(2026, 11, 30)) == {}


class TestSpeed:
    def test_of_a_thousand_people_in_a_year_is_below_a_second_or_so(self, people):
        member = capacity.members([people[SAM].pk])[0]
        crowd = [member.__class__(**(vars(member) | {"person_id": number})) for number in range(1000)]
        began = perf_counter()
        found = capacity.of_members(crowd, date(2026, 1, 1), date(2026, 12, 31))
        assert len(found) == 365_000
        assert perf_counter() - began < 3  # 0.3 s on a quiet machine
