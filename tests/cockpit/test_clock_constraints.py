"""What the database itself refuses, whoever writes; and acts at once on one clock."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from time import sleep
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from cockpit.time import services
from cockpit.time.models import Absence, Attendance, Calendar, CalendarVersion, Clock, Holiday, Segment
from tests.cockpit.fakes import at_once

START = datetime(2026, 11, 23, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)


def running_clock() -> Clock:
    calendar = Calendar.objects.create(name="UTC", time_zone="UTC")
    Attendance.objects.create(calendar=calendar, weekday=0, from_minute=0, to_minute=1440)
    return services.start_clock("approvals.step:12", calendar=calendar, goal_s=3600, at=START)


@pytest.fixture
def clock(db: None) -> Clock:
    return running_clock()


def in_thread(act: Callable[[], Any]) -> Any:
    """With a connection of its own, closed afterwards."""
    try:
        return act()
    finally:
        connection.close()


def segment(clock: Clock, **changes: Any) -> Segment:
    """Written past the services."""
    version = CalendarVersion.objects.get()
    row = {"start_at": START - HOUR, "end_at": START, "kind": "running", "worked": HOUR, "cause": "forged", **changes}
    with transaction.atomic():
        return Segment.objects.create(clock=clock, calendar_version=version, **row)


class TestSegments:
    def test_may_touch(self, clock: Clock) -> None:
        assert segment(clock).pk

    def test_of_other_clocks_may_overlap(self, clock: Clock) -> None:
        other = services.start_clock("approvals.step:13", calendar=clock.calendar, goal_s=60, at=START)
        assert other.segments.count() == clock.segments.count() == 1

    @pytest.mark.parametrize(
        ("changes", "constraint"),
        [
            ({"end_at": START + HOUR}, "time_segment_no_overlap"),
            ({"start_at": START + HOUR, "end_at": START + 2 * HOUR}, "time_segment_no_overlap"),
            ({"start_at": START - HOUR, "end_at": None, "worked": None}, "time_segment_one_open"),
            ({"end_at": START - 2 * HOUR}, "time_segment_order"),
            ({"worked": None}, "time_segment_worked_when_closed"),
        ],
    )
    def test_are_refused(self, clock: Clock, changes: dict, constraint: str) -> None:
        with pytest.raises(IntegrityError, match=constraint):
            segment(clock, **changes)


class TestClocks:
    @pytest.mark.parametrize(
        ("changes", "constraint"),
        [
            ({"goal_s": 0}, "time_clock_goal"),
            ({"warned_level": 60}, "time_clock_level"),
            ({"state": "stopped"}, "time_clock_stopped"),
            ({"stopped_at": START}, "time_clock_stopped"),
        ],
    )
    def test_are_refused(self, clock: Clock, changes: dict, constraint: str) -> None:
        with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
            Clock.objects.filter(pk=clock.pk).update(**changes)

    def test_run_once_per_subject_and_name(self, clock: Clock) -> None:
        services.start_clock(clock.subject, name="effect", calendar=clock.calendar, goal_s=60, at=START)
        with pytest.raises(IntegrityError, match="time_clock_one_open_per_name"):
            services.start_clock(clock.subject, calendar=clock.calendar, goal_s=60, at=START)


class TestCalendars:
    def test_refuse_impossible_rows(self, clock: Clock) -> None:
        for model, row, constraint in [
            (Attendance, {"calendar": clock.calendar, "weekday": 7, "from_minute": 0, "to_minute": 1}, "weekday"),
            (Attendance, {"calendar": clock.calendar, "weekday": 1, "from_minute": 9, "to_minute": 9}, "minutes"),
            (Attendance, {"calendar": clock.calendar, "weekday": 1, "from_minute": 9, "to_minute": 1441}, "minutes"),
            (Holiday, {"start_at": START, "end_at": START - HOUR, "name": "Backwards"}, "time_holiday_order"),
            (Absence, {"person_id": 1, "start_at": START, "end_at": START - HOUR}, "time_absence_order"),
        ]:
            with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
                model.objects.create(**row)

    def test_never_change_a_frozen_version(self, clock: Clock) -> None:
        with pytest.raises(DatabaseError, match="Cannot update"), transaction.atomic():
            CalendarVersion.objects.update(definition={})

    def test_keep_a_version_that_counted(self, clock: Clock) -> None:
        with pytest.raises(IntegrityError):
            CalendarVersion.objects.all().delete()


@pytest.mark.deep
@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_one_of_two_who_pause_wins_and_the_other_is_told(self, rounds: int) -> None:
        clock = running_clock()
        for n in range(rounds):
            at = START + n * HOUR / 1000
            first, second = at_once(
                lambda at=at: services.pause(Clock.objects.get(), cause="first", at=at),
                lambda at=at: services.pause(Clock.objects.get(), cause="second", at=at),
            )
            assert {type(first), type(second)} == {Clock, services.ClockStateError}
            services.resume(clock, at=at)

    def test_a_changed_calendar_and_a_pause_leave_one_true_account(self, rounds: int) -> None:
        clock = running_clock()
        for n in range(rounds):
            at = START + n * HOUR / 1000
            Holiday.objects.create(start_at=START + (50 + n) * HOUR, end_at=START + (51 + n) * HOUR, name="New")
            results = at_once(
                lambda at=at: services.pause(Clock.objects.get(), cause="waiting", at=at),
                lambda at=at: services.recalendar(at=at),
            )
            assert not [each for each in results if isinstance(each, Exception)]
            services.resume(clock, at=at)
            right = Clock.objects.values().get()
            services.recompute(clock)
            assert Clock.objects.values().get() == right

    def test_a_changed_calendar_waits_for_who_acts_on_a_clock(self) -> None:
        clock = running_clock()
        Holiday.objects.create(start_at=START + HOUR / 2, end_at=START + 2 * HOUR, name="New")
        with ThreadPoolExecutor() as pool, transaction.atomic():
            Clock.objects.select_for_update().get()
            waiting = pool.submit(in_thread, lambda: services.recalendar(at=START))
            sleep(0.2)
            assert not waiting.done()
            transaction.on_commit(lambda: waiting.result(10))
        clock.refresh_from_db()
        assert clock.due_at == START + 2.5 * HOUR

    def test_a_changed_calendar_leaves_a_clock_that_was_paused_meanwhile(self) -> None:
        clock = running_clock()
        Holiday.objects.create(start_at=START + HOUR / 2, end_at=START + 2 * HOUR, name="New")
        with ThreadPoolExecutor() as pool, transaction.atomic():
            services.pause(clock, cause="waiting on Ben", at=START)
            waiting = pool.submit(in_thread, lambda: services.recalendar(at=START + HOUR / 4))
            sleep(0.2)
            assert not waiting.done()
        assert waiting.result().clocks == []
        assert list(clock.segments.values_list("cause", flat=True)) == ["started", "waiting on Ben"]

    def test_a_changed_calendar_does_not_wait_inside_a_transaction(self) -> None:
        clock = running_clock()
        Holiday.objects.create(start_at=START + HOUR / 2, end_at=START + 2 * HOUR, name="New")

        def inside() -> services.Recalendared:
            with transaction.atomic():
                return services.recalendar(at=START)

        with ThreadPoolExecutor() as pool, transaction.atomic():
            Clock.objects.select_for_update().get()
            assert pool.submit(in_thread, inside).result(10) == ([], {}, {clock.pk})
        assert services.recalendar(at=START).clocks == [clock]

    def test_two_who_freeze_the_same_calendar_share_the_version(self, rounds: int) -> None:
        clock = running_clock()
        for n in range(rounds):
            Attendance.objects.create(calendar=clock.calendar, weekday=1, from_minute=n, to_minute=1000)
            before = CalendarVersion.objects.count()
            results = at_once(
                *(
                    lambda n=n, k=k: services.start_clock(f"step:{n}.{k}", calendar=clock.calendar, goal_s=60, at=START)
                    for k in range(3)
                )
            )
            assert {type(each) for each in results} == {Clock}
            assert CalendarVersion.objects.count() == before + 1
