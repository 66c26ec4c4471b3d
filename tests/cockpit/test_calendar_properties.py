"""The calendar against a second, minute-by-minute implementation, around the days when clocks are changed."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cockpit.time.calendar import Closure, Hours, WorkingTime
from tests.cockpit.slow_calendar import SlowCalendar, closures, moments_near_a_change, weekly_hours, zones

DAYS = timedelta(days=1)

pytestmark = pytest.mark.deep


@st.composite
def cases(draw: st.DrawFn) -> tuple[WorkingTime, SlowCalendar, datetime]:
    """The same calendar twice, and an instant near where its zone's clocks change."""
    zone, hours = draw(zones), draw(weekly_hours())
    start = draw(moments_near_a_change(zone))
    holidays, absences = draw(closures(start)), draw(closures(start))
    fast = WorkingTime(zone, [Hours(*row) for row in hours], [Closure(*each, "a holiday") for each in holidays])
    if absences:
        fast = fast.absent(Closure(*each) for each in absences)
    return fast, SlowCalendar(zone, hours, holidays + absences), start


spans = st.integers(0, 3 * 86_400_000_000).map(lambda n: timedelta(microseconds=n))
lengths = st.one_of(
    st.integers(1, 60).map(lambda n: n * 900), st.integers(1, 30 * 3_600_000_000).map(lambda n: n / 1e6)
)


class TestWorkingTime:
    @given(cases(), spans)
    def test_counts_what_a_walk_minute_by_minute_counts(self, case: tuple, span: timedelta) -> None:
        fast, slow, start = case
        assert timedelta(seconds=fast.elapsed(start, start + span)) == slow.elapsed(start, start + span)

    @given(cases(), lengths)
    def test_finds_the_due_date_that_a_walk_finds(self, case: tuple, seconds: float) -> None:
        fast, slow, start = case
        limit = start + 5 * DAYS
        expected = slow.add(start, timedelta(seconds=seconds), limit)
        found = fast.add(start, seconds)
        assert found == expected if expected else found > limit

    @given(cases(), lengths)
    def test_has_counted_exactly_the_goal_when_it_is_due(self, case: tuple, seconds: float) -> None:
        fast, _, start = case
        due = fast.add(start, seconds)
        assert timedelta(seconds=fast.elapsed(start, due)) == timedelta(seconds=seconds)
        assert fast.elapsed(start, due - timedelta(microseconds=1)) < seconds

    @given(cases())
    def test_is_due_at_the_end_of_a_window_and_not_at_the_start_of_the_next(self, case: tuple) -> None:
        fast, _, start = case
        for _opens, closes in fast.windows(start, start + 9 * DAYS)[:-1]:
            assert fast.add(start, fast.elapsed(start, closes)) == closes

    @given(cases(), spans)
    def test_is_open_when_a_walk_is_open_and_else_says_why(self, case: tuple, span: timedelta) -> None:
        fast, slow, start = case
        at = start + span
        assert fast.is_open(at) == slow.is_open(at)
        assert bool(fast.why_closed(at)) != slow.is_open(at)
        opens = fast.next_open(at)
        assert opens >= at
        assert fast.is_open(opens)
        assert fast.elapsed(at, opens) == 0

    @given(cases(), spans)
    def test_has_windows_that_add_up(self, case: tuple, span: timedelta) -> None:
        fast, _, start = case
        windows = fast.windows(start, start + span)
        edges = [edge for window in windows for edge in window]
        assert edges == sorted(set(edges))
        assert sum((closes - opens for opens, closes in windows), timedelta()) == timedelta(
            seconds=fast.elapsed(start, start + span)
        )

    @settings(max_examples=settings.default.max_examples // 4)
    @given(cases(), st.lists(st.integers(2018, 2034), min_size=1, max_size=3))
    def test_answers_the_same_in_whatever_order_its_years_were_compiled(self, case: tuple, years: list[int]) -> None:
        used, _, start = case
        fresh = WorkingTime(used.zone, [Hours(2, 540, 1020)])
        other = WorkingTime(used.zone, [Hours(2, 540, 1020)])
        for year in years:
            fresh.is_open(datetime(year, 6, 1, tzinfo=UTC))
        assert fresh.add(start, 1e6) == other.add(start, 1e6)
        assert fresh.elapsed(start, start + 900 * DAYS) == other.elapsed(start, start + 900 * DAYS)
