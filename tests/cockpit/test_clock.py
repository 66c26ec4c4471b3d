"""Clocks: started, paused, handed over, stopped, warned, and told of changed calendars."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cockpit.time import services
from cockpit.time.calendar import CalendarEmptyError
from cockpit.time.models import Absence, Attendance, Calendar, CalendarVersion, Clock, Holiday, Segment

BERLIN = ZoneInfo("Europe/Berlin")
HOUR = 3600
ANN = 7
STEP = "approvals.step:12"

pytestmark = pytest.mark.django_db


def on(day: int, hour: int = 0, minute: int = 0, month: int = 11) -> datetime:
    """A Berlin wall-clock time of 2026; 23 November is a Monday."""
    return datetime(2026, month, day, hour, minute, tzinfo=BERLIN)


def week(name: str, zone: str, start: int = 9, end: int = 17) -> Calendar:
    calendar = Calendar.objects.create(name=name, time_zone=zone)
    Attendance.objects.bulk_create(
        Attendance(calendar=calendar, weekday=day, from_minute=start * 60, to_minute=end * 60) for day in range(5)
    )
    return calendar


@pytest.fixture
def germany() -> Calendar:
    return week("Germany", "Europe/Berlin")


@pytest.fixture
def late_shift() -> Calendar:
    return week("Late shift", "Europe/Berlin", 14, 22)


@pytest.fixture
def clock(germany: Calendar) -> Clock:
    """Four hours from Monday 10:00: due at 14:00."""
    return services.start_clock(STEP, calendar=germany, goal_s=4 * HOUR, at=on(23, 10))


def stored(clock: Clock) -> dict[str, Any]:
    """Everything that the database holds of a clock and its segments."""
    return {
        "clock": Clock.objects.filter(pk=clock.pk).values().get(),
        "segments": list(Segment.objects.filter(clock=clock).values().order_by("pk")),
    }


def causes(clock: Clock) -> list[tuple[str, str]]:
    return list(clock.segments.values_list("kind", "cause"))


class TestStart:
    def test_stores_when_it_is_due(self, clock: Clock) -> None:
        clock.refresh_from_db()
        assert clock.due_at == on(23, 14)
        assert clock.next_at == on(23, 12)  # half of the goal
        assert causes(clock) == [("running", "started")]

    def test_counts_a_persons_absence(self, germany: Calendar) -> None:
        Absence.objects.create(person_id=ANN, start_at=on(23, 12), end_at=on(25))
        Absence.objects.create(person_id=ANN + 1, start_at=on(25), end_at=on(28))
        clock = services.start_clock(STEP, calendar=germany, person_id=ANN, goal_s=4 * HOUR, at=on(23, 10))
        assert clock.due_at == on(25, 11)

    def test_counts_holidays_of_the_calendar_and_of_all(self, germany: Calendar, late_shift: Calendar) -> None:
        Holiday.objects.create(calendar=germany, start_at=on(23), end_at=on(24), name="Founders' day")
        Holiday.objects.create(calendar=None, start_at=on(24), end_at=on(25), name="Works outing")
        Holiday.objects.create(calendar=late_shift, start_at=on(25), end_at=on(26), name="Not ours")
        clock = services.start_clock(STEP, calendar=germany, goal_s=HOUR, at=on(23, 10))
        assert clock.due_at == on(25, 10)

    def test_refuses_a_calendar_without_hours(self) -> None:
        empty = Calendar.objects.create(name="Empty", time_zone="Europe/Berlin")
        with pytest.raises(CalendarEmptyError, match="no working hours"):
            services.start_clock(STEP, calendar=empty, goal_s=HOUR, at=on(23, 10))
        assert not Clock.objects.exists()
        assert "no working hours" in services.check_calendar(empty, at=on(23, 10))

    def test_refuses_a_goal_of_nothing(self, germany: Calendar) -> None:
        assert services.check_calendar(germany, at=on(23, 10)) == ""
        with pytest.raises(ValueError, match="goal of at least one second"):
            services.start_clock(STEP, calendar=germany, goal_s=0, at=on(23, 10))


class TestPause:
    def test_stops_counting_until_it_is_resumed(self, clock: Clock) -> None:
        services.pause(clock, cause="waiting on Ben: PO number missing", at=on(23, 11))
        assert (clock.state, clock.due_at, clock.next_at) == ("paused", None, None)
        assert services.elapsed(clock, on(27, 12)) == HOUR
        services.resume(clock, at=on(25, 9))
        assert clock.due_at == on(25, 12)
        assert clock.spent == timedelta(hours=1)
        assert causes(clock) == [
            ("running", "started"),
            ("paused", "waiting on Ben: PO number missing"),
            ("running", "resumed"),
        ]

    def test_keeps_a_due_date_that_had_passed(self, clock: Clock) -> None:
        services.pause(clock, cause="waiting on Ben", at=on(23, 15))
        assert clock.due_at == on(23, 14)
        assert clock.next_at is None
        services.stop(clock, at=on(23, 16))
        assert clock.breached_at == on(23, 14)

    def test_in_the_moment_in_which_it_is_due_keeps_that_moment(self, clock: Clock) -> None:
        services.pause(clock, cause="waiting on Ben", at=on(23, 14))
        assert clock.due_at == on(23, 14)

    def test_needs_a_cause(self, clock: Clock) -> None:
        with pytest.raises(ValueError, match="Say why"):
            services.pause(clock, cause="", at=on(23, 11))
        clock.refresh_from_db()
        assert clock.state == "running"

    def test_can_be_in_the_same_moment(self, clock: Clock) -> None:
        services.pause(clock, cause="at once", at=on(23, 10))
        services.resume(clock, at=on(23, 10))
        assert clock.due_at == on(23, 14)

    def test_resumes_on_the_calendar_as_it_is_now(self, clock: Clock, germany: Calendar) -> None:
        services.pause(clock, cause="waiting on Ben", at=on(23, 11))
        Holiday.objects.create(calendar=germany, start_at=on(24), end_at=on(25), name="Works outing")
        services.resume(clock, at=on(23, 16))
        assert clock.due_at == on(25, 11)

    def test_resumes_on_the_calendar_as_it_was_when_nothing_can_be_counted_now(
        self, clock: Clock, germany: Calendar
    ) -> None:
        services.pause(clock, cause="waiting on Ben", at=on(23, 11))
        germany.attendances.all().delete()
        services.resume(clock, at=on(23, 12))
        assert clock.due_at == on(23, 15)


class TestStates:
    def test_allow_these_acts_and_no_others(self) -> None:
        running, paused, stopped = Clock.State
        assert {
            "pause": ({running}, paused),
            "resume": ({paused}, running),
            "hand over": ({running, paused}, None),
            "stop": ({running, paused}, stopped),
        } == Clock.TRANSITIONS

    @pytest.mark.parametrize(
        ("state", "act", "arguments"),
        [
            ("paused", services.pause, {"cause": "again"}),
            ("running", services.resume, {}),
            ("stopped", services.pause, {"cause": "too late"}),
            ("stopped", services.resume, {}),
            ("stopped", services.stop, {}),
            ("stopped", services.hand_over, {"calendar": "germany"}),
        ],
    )
    def test_refuse_in_words(self, clock: Clock, germany: Calendar, state: str, act: Any, arguments: dict) -> None:
        if state == "paused":
            services.pause(clock, cause="waiting on Ben", at=on(23, 11))
        if state == "stopped":
            services.stop(clock, at=on(23, 11))
        if arguments.get("calendar"):
            arguments = {"calendar": germany}
        before = stored(clock)
        with pytest.raises(services.ClockStateError, match=rf"approvals\.step:12: it is {state}\."):
            act(clock, at=on(23, 12), **arguments)
        assert stored(clock) == before

    def test_refuse_an_act_before_the_last_one(self, clock: Clock) -> None:
        before = stored(clock)
        with pytest.raises(services.ClockTimeError, match="its last act was at"):
            services.stop(clock, at=on(23, 9))
        assert stored(clock) == before

    def test_follow_at_once_an_act_that_was_dated_a_little_later(self, clock: Clock) -> None:
        services.pause(clock, cause="asked Ben", at=on(23, 11))
        services.resume(clock, at=on(23, 11) - timedelta(seconds=30))
        assert (clock.state, clock.segments.last().start_at) == (Clock.State.RUNNING, on(23, 11))
        assert services.recompute(clock) == services.elapsed(clock, on(23, 11))

    def test_let_who_waited_a_moment_for_the_lock_act_at_once(self, clock: Clock) -> None:
        services.pause(clock, cause="a moment faster", at=on(23, 11))
        services.stop(clock, at=on(23, 11) - timedelta(seconds=5))
        assert clock.stopped_at == on(23, 11)

    def test_follow_what_others_did_meanwhile(self, clock: Clock) -> None:
        mine = Clock.objects.get(pk=clock.pk)
        services.stop(clock, at=on(23, 11))
        with pytest.raises(services.ClockStateError):
            services.pause(mine, cause="did not know", at=on(23, 12))


class TestStop:
    def test_in_time_breaches_nothing(self, clock: Clock) -> None:
        services.stop(clock, at=on(23, 13))
        assert (clock.state, clock.stopped_at, clock.breached_at) == ("stopped", on(23, 13), None)
        assert clock.due_at == on(23, 14)
        assert clock.spent == timedelta(hours=3)

    def test_too_late_breaches_also_when_no_sweep_came_by(self, clock: Clock) -> None:
        services.stop(clock, at=on(23, 15))
        assert clock.breached_at == on(23, 14)
        assert services.due(on(27)) == []

    def test_lets_another_clock_of_the_subject_start(self, clock: Clock, germany: Calendar) -> None:
        services.stop(clock, at=on(23, 13))
        again = services.start_clock(STEP, calendar=germany, goal_s=HOUR, at=on(23, 13))
        assert again.due_at == on(23, 14)


class TestHandOver:
    def test_counts_on_the_persons_calendar_from_then_on(self, clock: Clock, late_shift: Calendar) -> None:
        Absence.objects.create(person_id=ANN, start_at=on(23, 15), end_at=on(24, 18))
        services.hand_over(clock, calendar=late_shift, person_id=ANN, cause="claimed by Ann", at=on(23, 11))
        assert clock.due_at == on(24, 20)
        assert services.elapsed(clock, on(23, 14, 30)) == 1.5 * HOUR
        assert causes(clock) == [("running", "started"), ("running", "claimed by Ann")]
        assert list(clock.segments.values_list("person_id", flat=True)) == [None, ANN]

    def test_gives_back_to_the_unit(self, clock: Clock, germany: Calendar, late_shift: Calendar) -> None:
        services.hand_over(clock, calendar=late_shift, person_id=ANN, at=on(23, 11))
        services.hand_over(clock, calendar=germany, at=on(23, 12))
        assert clock.person_id is None
        assert clock.due_at == on(23, 15)

    def test_of_a_late_clock_refuses_it_too(self, clock: Clock) -> None:
        empty = Calendar.objects.create(name="Empty", time_zone="Europe/Berlin")
        with pytest.raises(CalendarEmptyError):
            services.hand_over(clock, calendar=empty, at=on(23, 16))

    def test_of_a_paused_clock_acts_when_it_is_resumed(self, clock: Clock, late_shift: Calendar) -> None:
        services.pause(clock, cause="waiting on Ben", at=on(23, 11))
        services.hand_over(clock, calendar=late_shift, person_id=ANN, at=on(23, 12))
        services.resume(clock, at=on(23, 13))
        assert clock.due_at == on(23, 17)

    def test_refuses_a_calendar_that_cannot_count(self, clock: Clock) -> None:
        empty = Calendar.objects.create(name="Empty", time_zone="Europe/Berlin")
        before = stored(clock)
        with pytest.raises(CalendarEmptyError):
            services.hand_over(clock, calendar=empty, at=on(23, 11))
        assert stored(clock) == before


class TestSweep:
    def test_finds_what_reached_a_level_and_says_each_once(self, clock: Clock) -> None:
        assert services.due(on(23, 11, 59)) == []
        assert services.due(on(23, 12)) == [clock]
        assert services.reach(clock, at=on(23, 12)) == 50
        assert services.reach(clock, at=on(23, 12)) is None
        assert services.due(on(23, 13)) == []
        assert services.reach(clock, at=on(23, 13, 12)) == 80
        assert clock.breached_at is None
        assert services.reach(clock, at=on(23, 14)) == 100
        assert clock.breached_at == on(23, 14)
        assert services.reach(clock, at=on(23, 16)) == 150
        assert clock.breached_at == on(23, 14)
        assert services.due(on(27)) == []

    def test_says_only_the_highest_after_a_long_silence(self, clock: Clock) -> None:
        assert services.reach(clock, at=on(26)) == 150
        assert clock.breached_at == on(23, 14)
        assert clock.next_at is None

    def test_begins_with_the_longest_waiting_and_keeps_to_its_limit(self, clock: Clock, germany: Calendar) -> None:
        first = services.start_clock("approvals.step:1", calendar=germany, goal_s=HOUR, at=on(23, 9))
        services.start_clock("approvals.step:2", calendar=germany, goal_s=4 * HOUR, at=on(23, 11))
        assert services.due(on(23, 16), limit=2) == [first, clock]

    def test_leaves_paused_and_stopped_clocks_alone(self, clock: Clock) -> None:
        services.pause(clock, cause="waiting on Ben", at=on(23, 11))
        assert services.due(on(27)) == []
        assert services.reach(clock, at=on(27)) is None

    def test_reads_an_index(self, clock: Clock) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off")
            assert "time_clock_next" in Clock.objects.due(on(27)).explain()


class TestRecalendar:
    def test_acts_from_when_the_change_is_known(self, clock: Clock, germany: Calendar) -> None:
        Holiday.objects.create(calendar=germany, start_at=on(23), end_at=on(24), name="Declared at noon")
        result = services.recalendar(at=on(23, 12))
        assert [(each.pk, each.due_at) for each in result.clocks] == [(clock.pk, on(24, 11))]
        clock.refresh_from_db()
        assert clock.due_at == on(24, 11)
        assert services.elapsed(clock, on(23, 23)) == 2 * HOUR  # what was counted by then stays counted
        assert causes(clock) == [("running", "started"), ("running", "calendar changed")]

    def test_does_nothing_when_nothing_has_changed(self, clock: Clock) -> None:
        services.recalendar(at=on(23, 11))
        before = stored(clock)
        assert services.recalendar(at=on(23, 12)).clocks == []
        assert stored(clock) == before

    def test_splits_once_for_one_change(self, clock: Clock, germany: Calendar) -> None:
        germany.attendances.filter(weekday=0).update(to_minute=12 * 60)
        assert len(services.recalendar(at=on(23, 11)).clocks) == 1
        assert services.recalendar(at=on(23, 11, 30)).clocks == []
        clock.refresh_from_db()
        assert clock.due_at == on(24, 11)

    def test_replaces_the_calendar_of_a_segment_that_counted_nothing_yet(self, clock: Clock, germany: Calendar) -> None:
        germany.attendances.filter(weekday=0).update(from_minute=11 * 60)
        services.recalendar(at=on(23, 10))
        clock.refresh_from_db()
        assert clock.due_at == on(23, 15)
        assert causes(clock) == [("running", "started")]

    def test_follows_a_persons_leave_and_nobody_elses(self, germany: Calendar) -> None:
        anns, bens = (
            services.start_clock(
                f"approvals.step:{person}", calendar=germany, person_id=person, goal_s=4 * HOUR, at=on(23, 10)
            )
            for person in (ANN, ANN + 1)
        )
        Absence.objects.create(person_id=ANN, start_at=on(23, 12), end_at=on(24))
        assert services.recalendar(at=on(23, 11)).clocks == [anns]
        bens.refresh_from_db()
        assert bens.due_at == on(23, 14)

    def test_lets_clocks_go_on_when_a_calendar_became_unusable(
        self, clock: Clock, germany: Calendar, late_shift: Calendar
    ) -> None:
        other = services.start_clock("approvals.step:13", calendar=late_shift, goal_s=HOUR, at=on(23, 15))
        germany.attendances.all().delete()
        late_shift.attendances.filter(weekday=0).update(to_minute=15 * 60 + 30)
        result = services.recalendar(at=on(23, 15, 15))
        assert result.clocks == [other]
        assert list(result.unusable) == [(germany.pk, None)]
        assert "no working hours" in result.unusable[germany.pk, None]
        clock.refresh_from_db()
        assert clock.due_at == on(23, 14)

    def test_leaves_paused_and_stopped_clocks_as_they_are(self, clock: Clock, germany: Calendar) -> None:
        services.pause(clock, cause="waiting on Ben", at=on(23, 11))
        before = stored(clock)
        germany.attendances.all().delete()
        assert services.recalendar(at=on(23, 12)).clocks == []
        assert stored(clock) == before

    def test_numbers_the_versions_of_a_calendar(self, germany: Calendar) -> None:
        numbers = []
        for minute in (1000, 1000, 1010):
            germany.attendances.update(to_minute=minute)
            services.recalendar(at=on(23, 11))
            germany.refresh_from_db()
            numbers.append(germany.version)
        assert numbers == [1, 1, 2]

    def test_asks_the_database_as_often_for_many_clocks_as_for_few(self, germany: Calendar) -> None:
        asked = []
        for count in (2, 20):
            for n in range(count):
                services.start_clock(f"step:{count}.{n}", calendar=germany, person_id=n, goal_s=HOUR, at=on(23, 10))
            germany.attendances.filter(weekday=4).update(to_minute=1000 + count)
            with CaptureQueriesContext(connection) as queries:
                assert len(services.recalendar(at=on(23, 10, 30)).clocks) == Clock.objects.count()
            asked.append(len(queries))
        assert asked[1] <= asked[0]


class TestRecompute:
    def test_mends_what_was_damaged(self, clock: Clock) -> None:
        services.pause(clock, cause="waiting on Ben", at=on(23, 11))
        services.resume(clock, at=on(24, 9))
        right = stored(clock)
        Clock.objects.filter(pk=clock.pk).update(due_at=on(1), next_at=None, spent=timedelta(days=9))
        Segment.objects.filter(clock=clock, end_at__isnull=False).update(worked=timedelta(days=3))
        assert services.recompute(clock) == HOUR
        assert stored(clock) == right

    def test_uses_the_calendar_that_counted_not_the_one_of_today(self, clock: Clock, germany: Calendar) -> None:
        services.stop(clock, at=on(23, 13))
        right = stored(clock)
        germany.attendances.update(from_minute=0, to_minute=60)
        Holiday.objects.create(calendar=None, start_at=on(1), end_at=on(30), name="A month off")
        assert services.recompute(clock) == 3 * HOUR
        assert stored(clock) == right


class TestLedger:
    def test_says_line_by_line_what_counted_and_what_did_not(self, germany: Calendar) -> None:
        clock = services.start_clock(STEP, calendar=germany, goal_s=12 * HOUR, at=on(27, 16))
        services.pause(clock, cause="waiting on Ben", at=on(30, 10))
        services.resume(clock, at=on(30, 11))
        lines = services.ledger(clock, on(30, 20))
        assert [(line.kind, line.seconds, line.text) for line in lines] == [
            ("running", HOUR, "running: started"),
            ("closed", 0, "closed: weekend until Mon 09:00"),
            ("running", HOUR, "running"),
            ("paused", 0, "paused: waiting on Ben"),
            ("running", 6 * HOUR, "running: resumed"),
            ("closed", 0, "closed: outside hours until Tue 09:00"),
        ]
        assert [line.start for line in lines[1:]] == [line.end for line in lines[:-1]]
        assert (lines[0].start, lines[-1].end) == (on(27, 16), on(30, 20))

    def test_adds_up_to_what_has_elapsed(self, clock: Clock) -> None:
        for at in (on(23, 9), on(23, 10), on(23, 12), on(23, 18), on(28, 12)):
            assert sum(line.seconds for line in services.ledger(clock, at)) == services.elapsed(clock, at)

    def test_names_holidays_but_not_the_reason_of_an_absence(self, germany: Calendar) -> None:
        Holiday.objects.create(calendar=None, start_at=on(25, month=12), end_at=on(27, month=12), name="Christmas")
        Absence.objects.create(person_id=ANN, start_at=on(28, month=12), end_at=on(29, month=12))
        clock = services.start_clock(STEP, calendar=germany, person_id=ANN, goal_s=90 * HOUR, at=on(24, 18, month=12))
        (line,) = services.ledger(clock, on(27, month=12))
        assert line.text == "closed: Christmas, weekend, absence until Tue 09:00"
        assert line.end == on(27, month=12)

    def test_speaks_of_hours_in_the_readers_zone(self, clock: Clock) -> None:
        closed = services.ledger(clock, on(23, 18), zone="America/New_York")[-1]
        assert closed.text == "closed: outside hours until Tue 03:00"

    def test_ends_where_the_clock_was_stopped(self, clock: Clock) -> None:
        services.stop(clock, at=on(23, 13))
        assert services.ledger(clock, on(27))[-1].end == on(23, 13)


class TestStanding:
    """What a clock does just now, in a sentence."""

    def test_says_since_when_and_why_it_runs(self, clock: Clock) -> None:
        assert services.standing(clock, on(23, 12)) == "running since 10:00: started"

    def test_says_since_when_it_waits_and_for_what(self, clock: Clock) -> None:
        services.pause(clock, cause="waiting for %(about)s’s answer: Ben", at=on(23, 11))
        assert services.standing(clock, on(24, 12)) == "paused since Mon 11:00: waiting for Ben’s answer"

    def test_says_since_when_it_is_closed_and_when_it_resumes(self, clock: Clock) -> None:
        assert services.standing(clock, on(28, 12)) == "paused since Fri 17:00: weekend; resumes Mon 09:00"

    def test_counts_from_its_start_where_it_began_while_closed(self, germany: Calendar) -> None:
        clock = services.start_clock(STEP, calendar=germany, goal_s=HOUR, at=on(28, 12))
        assert services.standing(clock, on(28, 13)) == "paused since 12:00: weekend; resumes Mon 09:00"

    def test_says_nothing_of_one_that_has_stopped(self, clock: Clock) -> None:
        services.stop(clock, at=on(23, 12))
        assert services.standing(clock, on(23, 13)) == ""


class TestVersions:
    def test_are_kept_once_for_equal_calendars(self, germany: Calendar) -> None:
        for n in range(3):
            services.start_clock(f"step:{n}", calendar=germany, person_id=n, goal_s=HOUR, at=on(23, 10))
        assert CalendarVersion.objects.count() == 1
        assert CalendarVersion.objects.get().definition == {
            "zone": "Europe/Berlin",
            "hours": [[day, 540, 1020] for day in range(5)],
            "holidays": [],
            "absences": [],
        }

    def test_keep_no_reason_of_an_absence(self, germany: Calendar) -> None:
        Absence.objects.create(person_id=ANN, start_at=on(23, 12), end_at=on(24))
        services.start_clock(STEP, calendar=germany, person_id=ANN, goal_s=HOUR, at=on(23, 10))
        kept = CalendarVersion.objects.get().definition["absences"]
        assert kept == [["2026-11-23T11:00:00+00:00", "2026-11-23T23:00:00+00:00"]]
