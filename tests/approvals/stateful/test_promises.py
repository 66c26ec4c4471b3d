"""Requests that live at random, alone, at once and with processes that die: promises 1 to 7 hold after every step."""

from __future__ import annotations

import os
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from approvals import services
from approvals.models import Decision, Request, Step
from approvals.policy import PolicyError
from approvals.services.routing import enough, votes_for
from cockpit.exception_queue.models import Case
from tests.approvals.stateful.promises import Memory, check, lines_add_up
from tests.approvals.stateful.world import ACTS, PEOPLE, Act, World, votes_naively
from tests.emptying import empty_tables

STEPS = 50  # of one life
LIVES = 2750 if os.environ.get("DEEP") else 145
AT_ONCE = 3
REFUSED = (services.DecisionRefused, PolicyError)  # a policy names nobody who has left

people, small = st.sampled_from(PEOPLE), st.sampled_from(range(10))  # evenly, none preferred
waits = st.sampled_from([5, 21, 60, 20 * 60, 3600, 3 * 3600, 9 * 3600, 70 * 3600]).map(lambda n: timedelta(seconds=n))


def acts(*names: str) -> st.SearchStrategy[Act]:
    return st.builds(Act, st.sampled_from(names or sorted(ACTS)), people, small, small, people)


class Died(BaseException):
    """The process is gone, in the middle of a statement."""


class Workers:
    """Threads with connections of their own that stay, as those of a server do."""

    def __init__(self) -> None:
        self.pool = ThreadPoolExecutor(AT_ONCE)

    def at_once(self, presses: list[Callable[[], Any]]) -> list[Any]:
        ready = threading.Barrier(max(len(presses), 1))

        def run(press: Callable[[], Any]) -> Any:
            ready.wait(20)
            try:
                return press()
            except REFUSED as refused:
                return refused

        return [done.result(60) for done in [self.pool.submit(run, press) for press in presses]]

    def end(self) -> None:
        together = threading.Barrier(AT_ONCE)
        for done in [self.pool.submit(lambda: (together.wait(20), connection.close())) for _ in range(AT_ONCE)]:
            done.result(30)
        self.pool.shutdown()


class Lives(RuleBasedStateMachine):
    """`tally` counts what came about, over all lives."""

    workers: Workers
    tally: Counter[str]

    @initialize(first=st.lists(acts("publish", "ask", "ask", "delegate"), min_size=2, max_size=5))
    def found(self, first: list[Act]) -> None:
        self.world, self.memory = World(), Memory()
        for act in first:
            self.do(act)

    def teardown(self) -> None:
        empty_tables()

    # --- one after the other ----------------------------------------------------------------------------------

    def do(self, act: Act) -> Any:
        press = act.ready(self.world)
        if press is None:
            return None
        try:
            done = press()
        except REFUSED as refused:
            self.tally[f"{act.name} refused"] += 1
            return refused
        self.tally[act.name] += 1
        return done

    @rule(act=acts("ask"))
    def ask(self, act: Act) -> None:
        asked = self.do(act)
        assert asked is None or asked.is_open or asked.closed_at is not None

    @rule(act=acts("decide"))
    def decide(self, act: Act) -> None:
        """Refused or taken as a plain reading of the rules says."""
        step, before = self.world.step(act.n), Decision.objects.count()
        expected = None if step is None else self.may_decide(act, step)
        done = self.do(act)
        if expected is not None:
            assert isinstance(done, expected), (act, expected, done)
            assert Decision.objects.count() == before + isinstance(done, Request)

    def may_decide(self, act: Act, step: Step) -> Any:
        request = step.round.request
        actor = self.world.presser(step, act)
        if request.state != "pending" or step.state != "open" or step.round.closed_at is not None:
            return services.AlreadyDecidedError
        votes = votes_naively(step, actor, self.world.now)
        if step.claimed_by_id not in (None, actor.pk) or not votes:
            return services.NotEntitledError
        return Decided if act.m >= 8 else Request  # on an older snapshot: `check` says whether that was right

    @rule(act=acts("decide"))
    def decide_on(self, act: Act) -> None:
        """Once more, for it is what people do most."""
        self.decide(act)

    @rule(act=acts("undo"))
    def undo(self, act: Act) -> None:
        self.do(act)

    @rule(act=acts("withdraw", "close"))
    def end(self, act: Act) -> None:
        if Request.objects.open().count() > 2:  # no precondition: threads make each replay another
            self.do(act)

    @rule(act=acts("ask back", "answer", "claim", "release"))
    def turn(self, act: Act) -> None:
        self.do(act)

    @rule(act=acts("reassign", "add approver", "add approver", "hand on"))
    def move(self, act: Act) -> None:
        self.do(act)

    @rule(act=acts("delegate", "end delegation", "leave", "calendar", "publish"))
    def change(self, act: Act) -> None:
        """Whatever happens around requests: none of them is another by it (6)."""
        before = list(Request.objects.values()), list(Step.objects.values())
        self.do(act)
        assert (list(Request.objects.values()), list(Step.objects.values())) == before

    @rule(wait=waits)
    def wait(self, wait: timedelta) -> None:
        """Time passes and the sweeps come; each step that nobody may decide is a case then, and no other."""
        self.world.now += wait
        services.settle_due(self.world.now)
        services.sweep_clocks(self.world.now)
        self.world.stale = False
        self.tally.update(["wait", "settle", "sweep"])
        opened = Step.objects.filter(state=Step.State.OPEN).select_related("round__request", "unit")
        needed = {
            f"approvals.no_approver:{step.round.request_id}:{step.role}"
            for step in opened
            if not enough(step, step.round.request)
        }
        living = Case.objects.filter(kind="approvals.no_approver").exclude(state=Case.State.RESOLVED)
        assert set(living.values_list("fingerprint", flat=True)) == needed

    @rule(wait=waits)
    def sleep(self, wait: timedelta) -> None:
        """Time passes, and no sweep comes."""
        self.world.now += wait

    # --- at once, and dying ------------------------------------------------------------------------------------

    @rule(together=st.lists(acts(), min_size=2, max_size=AT_ONCE))
    def at_once(self, together: list[Act]) -> None:
        self.press_at_once(together)

    @rule(
        n=small, who=st.lists(people, min_size=AT_ONCE, max_size=AT_ONCE), other=acts("sweep", "settle", "ask", "undo")
    )
    def crowd(self, n: int, who: list[str], other: Act) -> None:
        """2: several press on one step, while something else happens to it."""
        self.press_at_once([*(Act("decide", name, n % 8, 0) for name in who[1:]), other])

    def press_at_once(self, together: list[Act]) -> None:
        ready = [(act, press) for act in together if (press := act.ready(self.world)) is not None]
        results = self.workers.at_once([press for _act, press in ready])
        for (act, _press), done in zip(ready, results, strict=True):
            self.tally[f"{act.name} refused at once" if isinstance(done, Exception) else act.name] += 1
            self.tally["at once"] += 1

    @rule(act=acts(), after=st.integers(0, 30))
    def die(self, act: Act, after: int) -> None:
        """The process dies before one of its statements. What it did in that transaction never was; it starts anew."""
        press = act.ready(self.world)
        if press is None:
            return
        before = self.everything()
        left = [after]

        def deadly(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
            left[0] -= 1
            if left[0] < 0:
                raise Died
            return execute(sql, params, many, context)

        try:
            with connection.execute_wrapper(deadly):
                press()
        except Died:
            self.tally["died"] += 1
            connection.close()
            assert act.name in SEVERAL or self.everything() == before, act
        except REFUSED:
            pass

    @staticmethod
    def everything() -> list[Any]:
        tables = ["approvals_request", "approvals_round", "approvals_step", "approvals_decision", "approvals_question",
                  "time_clock", "time_segment", "audit_entry", "events_event", "outbox_message"]  # fmt: skip
        union = " UNION ALL ".join(
            f"SELECT '{table}', md5(coalesce(string_agg(t::text, '|' ORDER BY t.id), '')) FROM {table} t"
            for table in tables
        )
        with connection.cursor() as cursor:
            cursor.execute(union)
            return sorted(cursor.fetchall())

    # --- what people see ---------------------------------------------------------------------------------------

    @rule(who=people)
    def look(self, who: str) -> None:
        """The queue shows whoever it is the requests in which they may decide, and no other."""
        person = self.world.person(who)
        assert person.user is not None
        with time_machine.travel(self.world.now, tick=False):
            shown = set(Request.objects.needing(person.user).values_list("pk", flat=True))
            decidable = set(Step.objects.decidable_by(person.user).values_list("pk", flat=True))
        steps = list(Step.objects.filter(state=Step.State.OPEN).select_related("round__request", "unit"))
        may = {step.pk for step in steps if votes_naively(step, person, self.world.now)}
        if person.active:
            assert decidable == may, (who, decidable, may)
            assert shown == {step.round.request_id for step in steps if step.pk in may}, who
        for step in steps:
            found = {one.pk for one in votes_for(step, step.round.request, person, at=self.world.now)}
            assert found == votes_naively(step, person, self.world.now), (who, step.pk)

    @rule()
    def account(self) -> None:
        lines_add_up(self.world.now)

    @invariant()
    def promises_hold(self) -> None:
        self.tally["steps"] += 1
        check(self.memory, stale=self.world.stale)


Decided = (Request, services.FactsMovedError)
OFTEN = set(ACTS) if os.environ.get("DEEP") else {"ask", "decide", "undo", "claim", "leave", "publish", "died"}
SEVERAL = {"settle", "sweep", "calendar", "publish"}  # one transaction for each that is due, or more than one


@pytest.fixture
def workers() -> Iterator[Workers]:
    made = Workers()
    yield made
    made.end()


@pytest.mark.deep
@pytest.mark.timeout(7200 if os.environ.get("DEEP") else 900)
@pytest.mark.django_db(transaction=True)
class TestPromises1To7:
    def test_hold_after_every_step_of_many_lives(self, workers: Workers) -> None:
        Lives.workers, Lives.tally = workers, Counter()
        run_state_machine_as_test(
            Lives,
            settings=settings(
                max_examples=LIVES,
                stateful_step_count=STEPS,
                derandomize=not os.environ.get("DEEP"),
                deadline=None,
                phases=[Phase.generate],  # to shrink a life takes longer than to read it
                report_multiple_bugs=False,
                suppress_health_check=list(HealthCheck),
            ),
        )
        assert Lives.tally["steps"] >= 36 * LIVES, Lives.tally
        assert not {name for name in OFTEN if not Lives.tally[name]}, Lives.tally
