"""Business time by examples: the week, the holidays, the leave, and the days when clocks are changed."""

from datetime import UTC, date, datetime, timedelta, timezone
from time import process_time
from zoneinfo import ZoneInfo

import pytest

from cockpit.time.calendar import (
    CalendarEmptyError,
    CalendarError,
    Closure,
    Hours,
    NoOpenTimeError,
    Why,
    WorkingTime,
    local_day,
)

BERLIN = ZoneInfo("Europe/Berlin")
OFFICE = [Hours(day, start, end) for day in range(5) for start, end in ((9 * 60, 12 * 60), (13 * 60, 17 * 60))]
ROUND_THE_CLOCK = [Hours(day, 0, 1440) for day in range(7)]
HOUR = 3600


def berlin(month: int, day: int, hour: int = 0, minute: int = 0, year: int = 2026) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=BERLIN)


@pytest.fixture
def office() -> WorkingTime:
    return WorkingTime("Europe/Berlin", OFFICE, days_off=[(date(2026, 12, 25), "Christmas Day")])


class TestAdd:
    @pytest.mark.parametrize(
        ("start", "hours", "due"),
        [
            (berlin(11, 23, 9), 3, berlin(11, 23, 12)),  # up to the end of a window, not to the start of the next
            (berlin(11, 23, 9), 3.5, berlin(11, 23, 13, 30)),
            (berlin(11, 23, 12, 30), 1, berlin(11, 23, 14)),
            (berlin(11, 27, 16), 2, berlin(11, 30, 10)),
            (berlin(11, 28, 3), 1, berlin(11, 30, 10)),
            (berlin(12, 24, 16), 2, berlin(12, 28, 10)),
            (berlin(3, 27, 16), 2, berlin(3, 30, 10)),  # summer time began in between: 09:00 stays 09:00
            (berlin(10, 23, 16), 2, berlin(10, 26, 10)),
        ],
    )
    def test_counts_open_hours_only(self, office: WorkingTime, start: datetime, hours: float, due: datetime) -> None:
        assert office.add(start, hours * HOUR) == due

    def test_gives_the_start_itself_for_nothing(self, office: WorkingTime) -> None:
        assert office.add(berlin(11, 28, 3), 0) == berlin(11, 28, 3)

    def test_answers_in_utc(self, office: WorkingTime) -> None:
        assert office.add(berlin(11, 23, 9), 60).tzinfo is UTC

    @pytest.mark.parametrize("years", [3, 40])
    def test_reaches_over_years(self, office: WorkingTime, years: int) -> None:
        seconds = years * 52 * 35 * HOUR
        due = office.add(berlin(11, 23, 9), seconds)
        assert due.year - 2026 in {years, years - 1}
        assert office.elapsed(berlin(11, 23, 9), due) == seconds

    def test_keeps_microseconds(self, office: WorkingTime) -> None:
        start = berlin(11, 23, 11, 59) + timedelta(microseconds=59_999_999)
        assert office.add(start, 0.000001) == berlin(11, 23, 12)
        assert office.add(start, 0.000002) == berlin(11, 23, 13) + timedelta(microseconds=1)

    def test_refuses_to_go_backwards(self, office: WorkingTime) -> None:
        with pytest.raises(CalendarError, match="can't be added backwards"):
            office.add(berlin(11, 23, 9), -1)

    @pytest.mark.parametrize("ask", ["add", "is_open", "next_open", "elapsed"])
    def test_refuses_a_time_without_a_zone(self, office: WorkingTime, ask: str) -> None:
        naive = datetime(2026, 11, 23, 9)  # noqa: DTZ001
        with pytest.raises(CalendarError, match="has no time zone"):
            getattr(office, ask)(*{"add": (naive, 60), "elapsed": (naive, berlin(11, 23))}.get(ask, (naive,)))
        office.add(berlin(11, 23, 9), 60)  # and also when that year is compiled
        with pytest.raises(CalendarError, match="has no time zone"):
            office.add(naive, 60)

    def test_gives_up_on_a_calendar_that_is_closed_for_decades(self) -> None:
        shut = Closure(berlin(1, 1), berlin(1, 1, year=2090), "a typing error")
        with pytest.raises(NoOpenTimeError, match="holidays or absence close this calendar"):
            WorkingTime("Europe/Berlin", OFFICE, [shut]).add(berlin(11, 23), 60)

    def test_does_a_hundred_thousand_in_a_moment(self) -> None:
        office = WorkingTime("Europe/Berlin", OFFICE, days_off=[(date(2026, 12, 25), "Christmas Day")])
        leave = [Closure(berlin(month, 3), berlin(month, 6)) for month in range(1, 13)]
        persons = [office.absent(leave[n % 12 :]) for n in range(50)]
        starts = [berlin(1, 1) + timedelta(minutes=5 * n) for n in range(100_000)]
        began = process_time()
        due = [persons[n % 50].add(start, 28_800) for n, start in enumerate(starts)]
        assert process_time() - began < 1.5  # some 0.2 s on an idle core
        assert len(due) == 100_000


class TestElapsed:
    def test_is_the_time_that_add_adds(self, office: WorkingTime) -> None:
        assert office.elapsed(berlin(12, 24, 16), berlin(12, 28, 10)) == 2 * HOUR

    def test_is_negative_backwards(self, office: WorkingTime) -> None:
        assert office.elapsed(berlin(11, 23, 12), berlin(11, 23, 10)) == -2 * HOUR

    def test_knows_that_days_of_change_have_23_and_25_hours(self) -> None:
        always = WorkingTime("Europe/Berlin", ROUND_THE_CLOCK)
        assert always.elapsed(*local_day(date(2026, 3, 29), "Europe/Berlin")) == 23 * HOUR
        assert always.elapsed(*local_day(date(2026, 10, 25), "Europe/Berlin")) == 25 * HOUR

    def test_does_not_count_a_skipped_hour_and_counts_a_repeated_one_twice(self) -> None:
        night = WorkingTime("Europe/Berlin", [Hours(6, 2 * 60, 3 * 60)])
        assert night.elapsed(berlin(3, 28), berlin(3, 30)) == 0
        assert night.elapsed(berlin(10, 24), berlin(10, 26)) == 2 * HOUR

    def test_follows_a_half_hour_summer_time(self) -> None:
        island = WorkingTime("Australia/Lord_Howe", ROUND_THE_CLOCK)
        assert island.elapsed(*local_day(date(2026, 4, 5), "Australia/Lord_Howe")) == 24.5 * HOUR
        assert island.elapsed(*local_day(date(2026, 10, 4), "Australia/Lord_Howe")) == 23.5 * HOUR

    def test_follows_a_change_at_midnight(self) -> None:
        havana = WorkingTime("America/Havana", [Hours(6, 0, 60)])
        assert havana.elapsed(*local_day(date(2026, 3, 8), "America/Havana")) == 0
        assert havana.elapsed(*local_day(date(2026, 11, 1), "America/Havana")) == 2 * HOUR

    def test_knows_a_day_that_a_zone_left_out(self) -> None:
        samoa = WorkingTime("Pacific/Apia", [Hours(4, 540, 1020)])  # Fridays
        friday = datetime(2011, 12, 28, tzinfo=UTC), datetime(2012, 1, 2, tzinfo=UTC)
        assert samoa.elapsed(*friday) == 0

    def test_counts_touching_and_overlapping_intervals_once(self) -> None:
        odd = WorkingTime("UTC", [Hours(0, 540, 720), Hours(0, 600, 780), Hours(0, 780, 800)])
        monday = datetime(2026, 11, 23, tzinfo=UTC)
        assert odd.elapsed(monday, monday + timedelta(days=1)) == 260 * 60
        assert len(odd.windows(monday, monday + timedelta(days=1))) == 1

    def test_leaves_no_empty_window_behind_a_closure(self, office: WorkingTime) -> None:
        morning = office.absent(
            [Closure(berlin(11, 23, 9), berlin(11, 23, 10)), Closure(berlin(11, 23, 11), berlin(11, 23, 12))]
        )
        assert morning.windows(berlin(11, 23), berlin(11, 23, 13)) == [(berlin(11, 23, 10), berlin(11, 23, 11))]

    def test_takes_absence_and_holiday_out_once(self, office: WorkingTime) -> None:
        away = office.absent([Closure(berlin(12, 24, 12), berlin(12, 26)), Closure(berlin(12, 25), berlin(12, 29))])
        assert away.elapsed(berlin(12, 24), berlin(12, 30)) == (3 + 7) * HOUR
        assert office.elapsed(berlin(12, 24), berlin(12, 30)) == 3 * 7 * HOUR


class TestWhyClosed:
    @pytest.mark.parametrize(
        ("at", "why"),
        [
            (berlin(11, 23, 10), ""),
            (berlin(11, 23, 12, 30), "outside hours"),
            (berlin(11, 23, 20), "outside hours"),
            (berlin(11, 28, 10), "weekend"),
            (berlin(12, 25, 10), "Christmas Day"),
            (berlin(12, 25, 23, 59), "Christmas Day"),
            (berlin(12, 26, 10), "weekend"),
            (berlin(12, 1, 10), "absence"),
        ],
    )
    def test_says_it_in_a_word(self, office: WorkingTime, at: datetime, why: str) -> None:
        ann = office.absent([Closure(berlin(12, 1), berlin(12, 2))])
        assert ann.why_closed(at) == why

    def test_calls_a_free_weekday_a_day_off(self) -> None:
        part_time = WorkingTime("Europe/Berlin", [Hours(0, 540, 1020)])
        assert part_time.why_closed(berlin(11, 24, 10)) == "day off"

    def test_names_all_that_closes_a_gap_but_not_its_edges(self, office: WorkingTime) -> None:
        found = office.reasons(berlin(12, 24, 17), berlin(12, 28, 9))
        assert [str(each) for each in found] == ["Christmas Day", "weekend"]
        assert [each.why for each in office.reasons(berlin(11, 23, 17), berlin(11, 24, 9))] == [Why.OUTSIDE_HOURS]


class TestIsOpen:
    def test_begins_with_a_window_and_ends_before_its_end(self, office: WorkingTime) -> None:
        tick = timedelta(microseconds=1)
        morning = berlin(11, 23, 9), berlin(11, 23, 12)
        assert [office.is_open(at) for at in (morning[0] - tick, morning[0])] == [False, True]
        assert [office.is_open(at) for at in (morning[1] - tick, morning[1])] == [True, False]


class TestNextOpen:
    def test_is_now_when_it_is_open(self, office: WorkingTime) -> None:
        assert office.next_open(berlin(11, 23, 10)) == berlin(11, 23, 10)

    def test_is_the_next_window_at_the_very_end_of_one(self, office: WorkingTime) -> None:
        assert office.next_open(berlin(11, 27, 17)) == berlin(11, 30, 9)

    def test_looks_over_the_end_of_the_year(self, office: WorkingTime) -> None:
        quiet = office.absent([Closure(berlin(12, 20), berlin(1, 4, year=2027))])
        assert quiet.next_open(berlin(12, 21)) == berlin(1, 4, 9, year=2027)


class TestDefinition:
    def test_needs_working_hours(self) -> None:
        with pytest.raises(CalendarEmptyError, match="no working hours on any weekday"):
            WorkingTime("Europe/Berlin", [])

    @pytest.mark.parametrize("zone", ["Europe/Nowhere", "", "../etc/passwd"])
    def test_needs_a_known_zone(self, zone: str) -> None:
        with pytest.raises(CalendarError, match="There is no time zone"):
            WorkingTime(zone, OFFICE)

    @pytest.mark.parametrize("hours", [Hours(7, 0, 60), Hours(0, 60, 60), Hours(0, 600, 1441), Hours(-1, 0, 60)])
    def test_needs_possible_hours(self, hours: Hours) -> None:
        with pytest.raises(CalendarError, match="impossible"):
            WorkingTime("UTC", [hours])

    def test_needs_closures_in_order(self) -> None:
        with pytest.raises(CalendarError, match=r"ends at .* before it starts"):
            WorkingTime("UTC", OFFICE, [Closure(berlin(12, 2), berlin(12, 1), "Backwards")])

    def test_knows_its_bounds(self, office: WorkingTime) -> None:
        with pytest.raises(CalendarError, match="known from 1971 to 2105"):
            office.is_open(datetime(1066, 10, 14, tzinfo=timezone.utc))  # noqa: UP017
        with pytest.raises(CalendarError, match="until the end of 2105"):
            office.add(datetime(2104, 1, 1, tzinfo=UTC), 10_000 * HOUR)
