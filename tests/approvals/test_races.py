"""Promise 2: every act on one request is serial. Real threads on PostgreSQL."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection

from approvals import services
from approvals.models import Decision, Request, Step
from cockpit.audit.models import Entry
from cockpit.events.models import Event
from tests import cast
from tests.cast import MONDAY

pytestmark = pytest.mark.django_db(transaction=True)
LATER = MONDAY + timedelta(minutes=42)


@pytest.fixture
def firm():
    made = cast.firm()
    cast.policy()
    return made


def at_once(*acts):
    """Run the acts in as many threads, all let go together; each result or the exception it raised."""
    ready = Barrier(len(acts))

    def run(act):
        try:
            ready.wait(10)
            return act()
        except Exception as problem:
            return problem
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def deciding(request, person, verdict="approve", step=None):
    step_id = (step or Step.objects.get(round__request=request, state=Step.State.OPEN)).pk
    snapshot_id = request.snapshot_id
    return lambda: services.decide(step_id, actor=person, verdict=verdict, snapshot_id=snapshot_id, at=LATER, note="no")


class TestAtOnce:
    @pytest.mark.parametrize("round_", range(5))
    def test_on_one_step_one_wins_and_the_other_is_told_who_was_faster(self, firm, round_):
        request = firm.ask()
        results = at_once(deciding(request, firm["ann"]), deciding(request, firm["dan"], "reject"))
        winners = [r for r in results if isinstance(r, Request)]
        losers = [r for r in results if isinstance(r, services.AlreadyDecidedError)]
        decision = Decision.objects.get()
        assert (len(winners), len(losers)) == (1, 1)
        assert str(decision.person) in losers[0].sentence
        request.refresh_from_db()
        assert (request.state, request.outcome) == (
            Request.State.SETTLING,
            {"approve": "approved", "reject": "rejected"}[decision.verdict],
        )

    def test_on_different_steps_both_count_and_the_request_completes(self, firm):
        parallel = "ask: [{role: finance, within: 4 h}, {role: leadership, within: 4 h}]"
        cast.policy(cast.TABLE.replace("ask: [{role: finance, within: 4 h}]", parallel), at=MONDAY - timedelta(hours=1))
        request = firm.ask()
        finance, leadership = Step.objects.filter(round__request=request).order_by("role")
        results = at_once(deciding(request, firm["ann"], step=finance), deciding(request, firm["lea"], step=leadership))
        assert all(isinstance(result, Request) for result in results), results
        request.refresh_from_db()
        assert (request.state, request.outcome, Decision.objects.count()) == (Request.State.SETTLING, "approved", 2)

    def test_a_double_click_is_one_decision(self, firm):
        request = firm.ask()
        results = at_once(*[deciding(request, firm["ann"])] * 4)
        assert sum(isinstance(r, Request) for r in results) == 1
        assert Decision.objects.count() == 1

    @pytest.mark.parametrize("round_", range(5))
    def test_undo_and_settle_one_wins(self, firm, round_):
        request = firm.ask()
        deciding(request, firm["ann"])()
        end = LATER + timedelta(seconds=20)
        undone, settled = at_once(
            lambda: services.undo(request.pk, actor=firm["ann"], at=end), lambda: services.settle_due(end)
        )
        request.refresh_from_db()
        events = Event.objects.filter(name="approvals.decided").count()
        if isinstance(undone, services.TooLateToUndoError):
            assert (settled, request.state, events) == (1, Request.State.APPROVED, 1)
        else:
            assert (settled, request.state, events) == (0, Request.State.PENDING, 0)

    def test_many_sweeps_settle_each_request_once(self, firm):
        for subject in range(6):
            request = firm.ask(subject)
            deciding(request, firm["ann"])()
        done = at_once(*[lambda: services.settle_due(LATER + timedelta(minutes=1))] * 3)
        assert sum(done) == 6
        assert Event.objects.filter(name="approvals.decided").count() == 6
        assert Entry.objects.filter(verb="approvals.request.approve").count() == 6

    def test_facts_that_move_and_a_decision_are_taken_one_after_the_other(self, firm):
        request = firm.ask()
        decided, asked = at_once(
            deciding(request, firm["ann"]), lambda: firm.ask(amount=49_000, at=LATER - timedelta(seconds=5))
        )
        request.refresh_from_db()
        assert isinstance(asked, Request)
        assert request.state == Request.State.PENDING
        assert request.amount == 49_000
        valid = Decision.objects.filter(void_at__isnull=True).count()
        assert valid == 0, decided

    def test_two_askers_ask_once(self, firm):
        results = at_once(*[lambda: firm.ask()] * 3)
        assert len({r.pk for r in results}) == 1
        assert Request.objects.count() == 1
