from datetime import date

from delivery.measures.employment import Version, placements, spans

JAN, MARCH, JUNE = date(2026, 1, 1), date(2026, 3, 16), date(2026, 6, 30)


def days(versions, *, here=True, **worked):
    return [(each.first, each.last) for each in spans(versions, here=here, **worked)]


class TestSpans:
    def test_change_with_each_version(self):
        found = spans([Version(JAN, 1, 10), Version(MARCH, 2, 20)], here=True)
        assert [(one.first, one.last, one.calendar_id, one.department_id) for one in found] == [
            (JAN, date(2026, 3, 15), 1, 10),
            (MARCH, date.max, 2, 20),
        ]

    def test_begin_and_end_with_the_contract(self):
        assert days([Version(JAN, contract_start=MARCH, contract_end=JUNE)]) == [(MARCH, JUNE)]

    def test_begin_with_a_contract_that_is_older_than_the_first_version(self):
        assert days([Version(MARCH, contract_start=JAN)]) == [(JAN, date.max)]

    def test_leave_a_gap_between_two_contracts(self):
        first = Version(JAN, contract_start=JAN, contract_end=date(2026, 2, 28))
        assert days([first, Version(MARCH, contract_start=MARCH)]) == [(JAN, date(2026, 2, 28)), (MARCH, date.max)]

    def test_end_on_the_day_of_departure(self):
        assert days([Version(JAN, departure=JUNE)], here=False) == [(JAN, JUNE)]

    def test_begin_anew_after_a_departure(self):
        again = date(2026, 9, 1)
        assert days([Version(JAN, departure=JUNE), Version(again)]) == [(JAN, JUNE), (again, date.max)]

    def test_begin_with_the_first_timesheet_where_no_contract_says_when(self):
        assert days([Version(MARCH)], first_worked=JAN) == [(JAN, date.max)]
        assert days([Version(MARCH)], first_worked=JUNE) == [(MARCH, date.max)]
        assert days([Version(MARCH, contract_start=MARCH)], first_worked=JAN) == [(MARCH, date.max)]

    def test_end_with_the_last_timesheet_of_somebody_archived_without_a_date(self):
        assert days([Version(JAN)], here=False, last_worked=JUNE) == [(JAN, JUNE)]

    def test_are_none_for_somebody_archived_who_never_worked(self):
        assert days([Version(JAN)], here=False) == []


class TestPlacements:
    def test_have_no_gap_and_reach_before_the_first_version(self):
        found = placements([Version(MARCH, department_id=2), Version(JAN, department_id=1, departure=JAN)])
        assert [(one.first, one.last, one.department_id) for one in found] == [
            (date.min, date(2026, 3, 15), 1),
            (MARCH, date.max, 2),
        ]
