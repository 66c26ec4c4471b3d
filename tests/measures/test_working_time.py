from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from delivery.measures.working_time import (
    Day,
    Line,
    Week,
    day_of,
    local_stretches,
    merged,
    minute_of,
    shift,
    turn_of,
    without,
)

BERLIN = ZoneInfo("Europe/Berlin")
NINE, TWELVE, ONE, SIX = 540, 720, 780, 1080
MONDAY, TUESDAY, SATURDAY = date(2026, 11, 23), date(2026, 11, 24), date(2026, 11, 28)
FULL = Week(tuple(Line(day, *part) for day in range(5) for part in ((NINE, TWELVE), (ONE, SIX))))


class TestWeek:
    def test_has_the_hours_of_its_day_and_none_on_a_day_off(self):
        assert FULL.stretches(MONDAY) == ((NINE, TWELVE), (ONE, SIX))
        assert FULL.stretches(SATURDAY) == ()

    def test_takes_turns_by_weeks_as_odoo_counts_them(self):
        week = Week((Line(0, NINE, TWELVE, turn=0), Line(0, ONE, SIX, turn=1)), two_weeks=True)
        this, next_ = week.stretches(MONDAY), week.stretches(date(2026, 11, 30))
        assert {this, next_} == {((NINE, TWELVE),), ((ONE, SIX),)}
        assert week.stretches(MONDAY) == (((NINE, TWELVE),) if turn_of(MONDAY) == 0 else ((ONE, SIX),))

    def test_takes_turns_over_a_year_of_53_weeks(self):
        assert [turn_of(date(2026, 12, 28)), turn_of(date(2027, 1, 4))] in ([0, 1], [1, 0])

    def test_ignores_turns_where_it_is_no_calendar_of_two_weeks(self):
        assert Week((Line(0, NINE, TWELVE, turn=1),)).stretches(MONDAY) == ((NINE, TWELVE),)

    def test_knows_lines_that_count_only_for_a_while(self):
        week = Week((Line(0, NINE, SIX, first=date(2026, 11, 24)), Line(1, NINE, SIX, last=TUESDAY)))
        assert week.stretches(MONDAY) == ()
        assert week.stretches(TUESDAY) == ((NINE, SIX),)

    def test_counts_overlapping_lines_once(self):
        assert Week((Line(0, NINE, ONE), Line(0, TWELVE, SIX))).stretches(MONDAY) == ((NINE, SIX),)

    @pytest.mark.parametrize(
        ("day", "minutes"), [(MONDAY, 480), (date(2026, 11, 26), 480), (date(2026, 11, 27), 240), (SATURDAY, 0)]
    )
    def test_that_is_flexible_fills_its_week_from_monday(self, day, minutes):
        week = Week(flexible=True, day_min=480, week_min=36 * 60)
        assert shift(week, day).day.gross_min == minutes


class TestShift:
    def test_loses_what_a_public_holiday_takes_of_its_working_time_only(self):
        assert shift(FULL, MONDAY, [(0, TWELVE)]).day == Day(480, 180)
        assert shift(FULL, SATURDAY, [(0, 1440)]).day == Day(0)

    def test_loses_a_leave_over_a_holiday_once(self):
        day = day_of([(shift(FULL, MONDAY, [(0, TWELVE)]), [(NINE, ONE + 60)])])
        assert (day.holiday_min, day.leave_min, day.net_min) == (180, 60, 240)

    def test_counts_two_leaves_that_overlap_once(self):
        assert day_of([(shift(FULL, MONDAY), [(NINE, 660), (600, TWELVE)])]).leave_min == 180

    def test_of_two_employers_counts_an_hour_once(self):
        morning, long = Week((Line(0, NINE, TWELVE),)), Week((Line(0, 660, SIX),))
        assert day_of([(shift(morning, MONDAY), []), (shift(long, MONDAY), [])]).gross_min == 540


class TestLocalStretches:
    def of(self, start: datetime, end: datetime) -> list:
        return list(local_stretches(start, end, BERLIN, date(2026, 1, 1), date(2026, 12, 31)))

    def test_are_on_the_local_day(self):
        assert self.of(datetime(2026, 11, 22, 23, 0, tzinfo=UTC), datetime(2026, 11, 23, 22, 59, 59, tzinfo=UTC)) == [
            (MONDAY, (0, 1440))
        ]

    def test_run_over_several_days_between_the_bounds(self):
        days = self.of(datetime(2026, 12, 30, 8, 0, tzinfo=UTC), datetime(2027, 1, 2, 8, 0, tzinfo=UTC))
        assert days == [(date(2026, 12, 30), (NINE, 1440)), (date(2026, 12, 31), (0, 1440))]

    def test_show_the_wall_clock_of_summer_and_of_winter(self):
        summer = self.of(datetime(2026, 10, 24, 7, 0, tzinfo=UTC), datetime(2026, 10, 24, 10, 0, tzinfo=UTC))
        winter = self.of(datetime(2026, 10, 26, 8, 0, tzinfo=UTC), datetime(2026, 10, 26, 11, 0, tzinfo=UTC))
        assert summer[0][1] == winter[0][1] == (NINE, TWELVE)

    def test_cover_the_whole_day_on_which_the_clock_changes(self):
        days = self.of(datetime(2026, 10, 24, 22, 0, tzinfo=UTC), datetime(2026, 10, 25, 23, 0, tzinfo=UTC))
        assert days == [(date(2026, 10, 25), (0, 1440))]


class TestArithmetic:
    def test_takes_away_in_the_middle(self):
        assert without([(NINE, SIX)], [(TWELVE, ONE)]) == ((NINE, TWELVE), (ONE, SIX))

    def test_leaves_nothing_where_all_is_taken(self):
        assert without([(NINE, TWELVE)], [(0, 1440)]) == ()

    def test_joins_what_touches_and_drops_what_is_empty(self):
        assert merged([(ONE, SIX), (NINE, TWELVE), (TWELVE, ONE), (5, 5)]) == ((NINE, SIX),)

    def test_rounds_hours_to_the_minute_and_never_past_the_day(self):
        assert [minute_of(8.3333), minute_of(24.5)] == [500, 1440]
