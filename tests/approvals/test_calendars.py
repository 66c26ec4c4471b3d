"""Whose calendar counts for a step, and from when a change of it acts; a cut-off stays where it is."""

from datetime import timedelta

import pytest
import time_machine

from approvals import services
from approvals.models import Request, Step
from cockpit.time import services as clocks
from cockpit.time.models import Absence, Holiday
from tests import cast
from tests.cast import MONDAY

pytestmark = pytest.mark.django_db


def hours(number: float):
    return MONDAY + timedelta(hours=number)


@pytest.fixture
def firm():
    with time_machine.travel(MONDAY, tick=False):
        made = cast.firm()
        made["ann"].calendar = made.de.calendar
        made["ann"].save()
        cast.policy()
        yield made


@pytest.fixture
def request_(firm) -> Request:
    return firm.ask()  # on Monday at ten, for four hours


def step_of(request: Request) -> Step:
    return Step.objects.get(round__request=request)


def know(model, at, start, end, **more) -> None:
    """A row that was read from Odoo at that time, and the sweep after it."""
    model.objects.create(start_at=start, end_at=end, **more)
    clocks.recalendar(at=at)
    services.sweep_clocks(at)


def due(request: Request):
    request.refresh_from_db()
    return request.due_at


class TestBeforeItIsTakenOn:
    def test_nobodys_own_leave_counts(self, firm, request_):
        know(Absence, hours(1), hours(1), hours(3), person_id=firm["ann"].pk)
        assert due(request_) == hours(4)

    def test_the_units_holiday_counts(self, firm, request_):
        know(Holiday, hours(1), hours(1), hours(3), name="Town festival")
        assert due(request_) == hours(6)


class TestAfterIt:
    def test_the_persons_leave_counts_from_then_until_it_is_given_back(self, firm, request_):
        step = step_of(request_)
        services.claim(step.pk, actor=firm["ann"], at=hours(1))
        know(Absence, hours(1), hours(2), hours(4), person_id=firm["ann"].pk)
        assert due(request_) == hours(6)
        services.release(step.pk, actor=firm["ann"], at=hours(3))  # two hours were counted, the third was leave
        assert due(request_) == hours(5)

    def test_a_leave_that_is_taken_back_counts_until_that_was_known(self, firm, request_):
        services.claim(step_of(request_).pk, actor=firm["ann"], at=MONDAY)
        know(Absence, MONDAY, hours(1), hours(5), person_id=firm["ann"].pk)
        assert due(request_) == MONDAY + timedelta(days=1)  # 17:00 comes after three of the four hours
        Absence.objects.all().delete()
        clocks.recalendar(at=hours(3))
        services.sweep_clocks(hours(3))
        assert due(request_) == hours(6)


class TestAChange:
    def test_acts_from_when_it_is_known_never_backwards(self, firm, request_):
        know(Holiday, hours(2), hours(0), hours(3), name="Known too late")
        assert due(request_) == hours(5)
        (clock,) = [each for each in clocks.due(hours(9)) if each.subject == step_of(request_).clock_subject]
        assert clocks.elapsed(clock, hours(2)) == 2 * 3600


class TestACutOff:
    def test_does_not_move_while_the_clock_waits(self, firm, request_):
        before = request_.cutoff_date
        assert before is not None
        asked = services.ask_back(step_of(request_).pk, actor=firm["ann"], text="Which?", at=hours(1))
        assert due(request_) is None
        know(Holiday, hours(2), hours(24), hours(48), name="Free")
        services.answer(asked.pk, actor=firm["ben"], text="This", at=hours(3))
        assert due(request_) == hours(6)
        assert request_.cutoff_date == before
