"""What lives at random have shown: steps stay in their turn, clocks end with their round."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from django.db import connection

from approvals import services
from approvals.models import PolicyVersion, Request, Step
from approvals.policy_files import read
from cockpit.accounts import grants
from cockpit.time.models import Clock
from tests import cast
from tests.cast import MONDAY, asking

LATER = MONDAY + timedelta(minutes=42)
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _now():
    with time_machine.travel(LATER, tick=False):
        yield


@pytest.fixture
def firm():
    made = cast.firm()
    grants.grant(made["lea"], "partner", made.de, actor="system:cast", at=MONDAY)
    return made


ONE_AFTER_THE_OTHER = "{role: finance, about: [client]}", "{role: partner, order: 2, about: [amount]}"


def step_of(request: Request, role: str) -> Step:
    return Step.objects.get(round__request=request, round__closed_at=None, role=role)


def decide(request, who, role, verdict="approve", at=LATER):
    request.refresh_from_db()
    return services.decide(
        step_of(request, role).pk, actor=who, verdict=verdict, snapshot_id=request.snapshot_id, at=at, note="why"
    )


def clock_of(step: Step) -> Clock:
    return Clock.objects.get(subject=step.clock_subject)


class TestAStepInItsTurn:
    def test_waits_again_when_the_one_before_is_asked_again_and_goes_on_after_it(self, firm):
        asking(*ONE_AFTER_THE_OTHER)
        request = firm.ask()
        decide(request, firm["ann"], "finance")
        firm.ask(client={"id": 8, "name": "Another"}, at=LATER)
        assert (step_of(request, "finance").state, step_of(request, "partner").state) == ("open", "waiting")
        assert clock_of(step_of(request, "partner")).state == "paused"
        request.refresh_from_db()
        assert request.asks == [f"finance@{firm.de.pk}"]
        decide(request, firm["ann"], "finance")
        assert step_of(request, "partner").state == "open"

    def test_that_is_put_back_waits_for_its_answer_still(self, firm):
        asking(*ONE_AFTER_THE_OTHER)
        request = firm.ask()
        decide(request, firm["ann"], "finance")
        asked = services.ask_back(step_of(request, "partner").pk, actor=firm["lea"], text="Which?", at=LATER)
        services.undo(request.pk, actor=firm["ann"], at=LATER)
        decide(request, firm["ann"], "finance")
        assert clock_of(step_of(request, "partner")).state == "paused"
        services.answer(asked.pk, actor=firm["ben"], text="This", at=LATER)
        assert clock_of(step_of(request, "partner")).state == "running"

    def test_that_is_decided_beside_an_open_question_ends_the_question_too(self, firm):
        asking("{role: finance}", "{role: partner}")
        request = firm.ask()
        asked = services.ask_back(step_of(request, "partner").pk, actor=firm["lea"], text="Which?", at=LATER)
        decide(request, firm["ann"], "finance", "reject")
        services.settle_due(LATER + timedelta(minutes=1))
        asked.refresh_from_db()
        request.refresh_from_db()
        assert (request.state, asked.ended) == ("rejected", "overtaken")


class TestClocks:
    def test_of_answered_steps_end_when_the_request_is_closed(self, firm):
        asking(*ONE_AFTER_THE_OTHER)
        request = firm.ask()
        decide(request, firm["ann"], "finance")
        services.close(request, Request.Closed.SUBJECT_GONE, at=LATER)
        assert set(Clock.objects.values_list("state", flat=True)) == {"stopped"}
        request.refresh_from_db()
        assert (request.asks, request.due_at) == ([], None)

    def test_of_answered_steps_end_when_the_route_is_another(self, firm):
        asking(*ONE_AFTER_THE_OTHER, "{role: leadership, when: [{fact: amount, op: '>', value: 90000, currency: EUR}]}")
        request = firm.ask()
        decide(request, firm["ann"], "finance")
        old = step_of(request, "finance")
        firm.ask(amount=95_000, at=LATER)
        assert clock_of(old).state == "stopped"


class TestGivingBack:
    def test_what_was_decided_meanwhile_is_refused_with_a_sentence(self, firm):
        asking("{role: finance}")
        request = firm.ask()
        step = step_of(request, "finance")
        services.claim(step.pk, actor=firm["ann"], at=LATER)
        decide(request, firm["ann"], "finance")
        services.settle_due(LATER + timedelta(minutes=1))
        with pytest.raises(services.MoveRefusedError, match="no longer waits"):
            services.release(step.pk, actor=firm["ann"], at=LATER + timedelta(minutes=2))


class TestWhomItIsTakenFrom:
    def test_may_go_on_seeing_it(self, firm):
        ladder = "[{at: 100, to: 'role:partner', hand_over: true}]"
        asking("{role: finance, who: eve@example.com, within: 1 h, ladder: " + ladder + "}")
        request = firm.ask()
        later = MONDAY + timedelta(days=2)
        with time_machine.travel(later, tick=False):
            services.sweep_clocks(later)
            request.refresh_from_db()
            assert request.asks == [f"person:{firm['lea'].pk}"]
            assert request in Request.objects.visible_to(firm.user("eve"))
            assert not Request.objects.needing(firm.user("eve")).exists()


@pytest.mark.django_db(transaction=True)
def test_two_drafts_at_once_have_numbers_of_their_own(firm):
    def draft(_number: int) -> int:
        try:
            return services.draft(read(cast.TABLE), actor="system:cast", at=MONDAY).number
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(draft, range(4))) == [1, 2, 3, 4]
    assert PolicyVersion.objects.count() == 4


@pytest.mark.django_db(transaction=True)
def test_who_may_not_and_who_may_press_at_once_without_waiting_for_each_other_for_ever(firm):
    asking("{role: finance}")

    def press(request: Request, who: str) -> Exception | None:
        try:
            decide(request, firm[who], "finance")
            return None
        except services.DecisionRefused as refused:
            return refused
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        for subject in range(8):
            request = firm.ask(subject, barred=[firm["ben"].pk])
            people = ["ben", "ann", "ben", "ben"]
            pressed = list(pool.map(press, [Request.objects.get(pk=request.pk) for _ in people], people))
            assert [each is None for each in pressed] == [False, True, False, False]
