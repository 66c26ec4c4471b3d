"""Promise 10, the part without a database: which window comes next, and that no late commit slips between two."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.odoo.pull.window import Reached, Window, next_window, odoo_text, settled

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


class TestNextWindow:
    def test_reads_everything_first(self):
        window = next_window(Reached(None, None), NOON)
        assert (window.start, window.end, window.wide) == (None, NOON, True)

    def test_overlaps_by_half_a_minute_between_wide_ones(self):
        window = next_window(Reached(NOON - minutes(1), NOON - minutes(4)), NOON)
        assert (window.start, window.wide) == (NOON - minutes(1.5), False)

    def test_reaches_ten_minutes_before_the_last_wide_one_every_five_minutes(self):
        window = next_window(Reached(NOON - minutes(1), NOON - minutes(5)), NOON)
        assert (window.start, window.wide) == (NOON - minutes(15), True)

    def test_never_ends_before_the_last_one(self):
        window = next_window(Reached(NOON, NOON - minutes(1)), NOON - timedelta(seconds=3))
        assert window.end == NOON

    def test_reads_everything_anew_after_the_clock_was_set_back(self):
        window = next_window(Reached(NOON, NOON), NOON - minutes(2))
        assert (window.start, window.end) == (None, NOON - minutes(2))


class TestWindow:
    def test_asks_for_whole_seconds_and_ids_beyond_the_last(self):
        window = Window(NOON, NOON + minutes(1), wide=False, last_id=7)
        assert window.domain() == [
            ["id", ">", 7],
            ["write_date", ">=", "2026-11-23 12:00:00"],
            ["write_date", "<", "2026-11-23 12:01:00"],
        ]

    def test_takes_in_records_that_were_never_stamped_when_it_has_no_start(self):
        assert Window(None, NOON, wide=True).domain()[1:3] == ["|", ["write_date", "=", False]]

    def test_ends_with_the_last_second_that_is_over(self):
        assert settled(NOON + timedelta(microseconds=900)) == NOON - timedelta(seconds=1)

    def test_is_said_in_utc(self):
        assert odoo_text(datetime.fromisoformat("2026-11-23T13:00:00+01:00")) == "2026-11-23 12:00:00"


class TestNoRecordIsMissed:
    """A record is stamped at `begun` and visible from `begun + late`, late ≤ 10 minutes."""

    @given(
        begun=st.floats(0, 3600),
        late=st.floats(0, 600),
        waits=st.lists(st.floats(1, 400), min_size=1, max_size=40),
        skew=st.floats(-5, 5),
    )
    def test_whenever_it_is_committed_and_rounds_come(self, begun, late, waits, skew):
        stamp = NOON + timedelta(seconds=begun)
        visible = stamp + timedelta(seconds=late)
        reached, now, found = Reached(None, None), NOON, False
        for wait in [*waits, 4000, 1, 301, 1]:  # then quiet: two more wide windows
            now += timedelta(seconds=wait)
            window = next_window(reached, settled(now + timedelta(seconds=skew)))
            second = stamp.replace(microsecond=0)
            inside = (window.start is None or window.start <= second) and second < window.end
            found = found or (inside and visible <= now)
            reached = Reached(window.end, window.end if window.wide else reached.wide_to)
        assert found

    @pytest.mark.parametrize("wait", [15, 61, 137, 290, 400])
    def test_in_an_hour_of_rounds_however_late_it_is_committed(self, wait):
        records = [(begun, late) for begun in range(0, 3600, 17) for late in range(0, 601, 50)]
        reached, missed = Reached(NOON, NOON), set(records)
        for now in range(0, 3600 + 2 * wait + 1500, wait):
            window = next_window(reached, settled(NOON + timedelta(seconds=now)))
            first, last = ((each - NOON).total_seconds() for each in (window.start or NOON, window.end))
            missed -= {(begun, late) for begun, late in missed if first <= begun < last and begun + late <= now}
            reached = Reached(window.end, window.end if window.wide else reached.wide_to)
        assert not missed
