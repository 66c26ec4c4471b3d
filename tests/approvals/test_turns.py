"""Asking back, taking on, passing on, asking one more, withdrawing: who has it meanwhile, and what its clock does."""

from datetime import timedelta

import pytest
import time_machine

from approvals import services
from approvals.models import Question, Request, Step
from cockpit import audit
from cockpit.audit.models import Entry
from cockpit.events.models import Event
from cockpit.time.models import Clock
from tests import cast
from tests.cast import MONDAY

LATER = MONDAY + timedelta(hours=1)
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _now():
    with time_machine.travel(LATER, tick=False):
        yield


@pytest.fixture
def firm():
    made = cast.firm()
    cast.policy()
    return made


def step_of(request: Request) -> Step:
    return Step.objects.get(round__request=request, round__closed_at__isnull=True, state="open", added_by=None)


def decide(request, who, verdict="approve", at=LATER):
    request.refresh_from_db()
    return services.decide(
        step_of(request).pk, actor=who, verdict=verdict, snapshot_id=request.snapshot_id, at=at, note="because"
    )


def ask_back(request, who, text="Which order?", at=LATER, **more) -> Question:
    return services.ask_back(step_of(request).pk, actor=who, text=text, at=at, **more)


def verbs(request):
    entries = Entry.objects.filter(subject=request.audit_subject).order_by("pk")
    return [entry.verb.removeprefix("approvals.request.") for entry in entries]


def clock_of(request) -> Clock:
    return Clock.objects.get(subject=step_of(request).clock_subject)


class TestAskingBack:
    def test_stops_the_clock_until_it_is_answered(self, firm):
        request = firm.ask()
        asked = ask_back(request, firm["ann"])
        request.refresh_from_db()
        assert (clock_of(request).state, request.due_at) == ("paused", None)
        assert asked.asked_of == firm["ben"]
        services.answer(asked.pk, actor=firm["ben"], text="S00046", at=LATER + timedelta(hours=2))
        request.refresh_from_db()
        assert request.due_at == MONDAY + timedelta(hours=6)  # four hours, two of them paused
        assert verbs(request) == ["ask", "ask_back", "answer"]
        told = Event.objects.filter(subject=request.audit_subject).order_by("pk")
        assert [event.name.partition(".")[2] for event in told] == ["asked", "asked_back", "answered"]

    def test_lets_who_is_asked_see_it(self, firm):
        request = firm.ask()
        assert request not in Request.objects.visible_to(firm.user("eve"))
        ask_back(request, firm["ann"], of=firm["eve"])
        assert request in Request.objects.visible_to(firm.user("eve"))

    def test_is_overtaken_by_a_decision(self, firm):
        request = firm.ask()
        asked = ask_back(request, firm["ann"])
        assert decide(request, firm["ann"]).state == Request.State.SETTLING
        asked.refresh_from_db()
        assert asked.ended == Question.Ended.OVERTAKEN
        with pytest.raises(services.QuestionRefusedError, match="needs no answer any more"):
            services.answer(asked.pk, actor=firm["ben"], text="S00046", at=LATER)

    def test_ends_with_the_request(self, firm):
        request = firm.ask()
        asked = ask_back(request, firm["ann"])
        services.close(request, Request.Closed.SUBJECT_GONE, at=LATER)
        asked.refresh_from_db()
        assert asked.ended == Question.Ended.OVERTAKEN
        assert Clock.objects.get(subject=asked.step.clock_subject).state == "stopped"

    def test_can_be_taken_back_by_who_asked(self, firm):
        request = firm.ask()
        asked = ask_back(request, firm["ann"])
        with pytest.raises(services.QuestionRefusedError, match="Only Ann Albers"):
            services.take_back(asked.pk, actor=firm["dan"], at=LATER)
        services.take_back(asked.pk, actor=firm["ann"], at=LATER)
        assert clock_of(request).state == "running"
        with pytest.raises(services.QuestionRefusedError, match="taken the question back"):
            services.answer(asked.pk, actor=firm["ben"], text="S00046", at=LATER)

    def test_twice_is_refused_and_so_is_a_second_answer(self, firm):
        request = firm.ask()
        asked = ask_back(request, firm["ann"])
        with pytest.raises(services.QuestionRefusedError, match="waits for an answer already"):
            ask_back(request, firm["dan"])
        services.answer(asked.pk, actor=firm["ben"], text="S00046", at=LATER)
        with pytest.raises(services.QuestionRefusedError, match="answered it already"):
            services.answer(asked.pk, actor=firm["ben"], text="S00046", at=LATER)

    def test_is_for_who_may_decide_and_needs_words(self, firm):
        request = firm.ask()
        with pytest.raises(services.NotEntitledError):
            ask_back(request, firm["lea"])
        with pytest.raises(services.QuestionRefusedError, match="Write something"):
            ask_back(request, firm["ann"], "  ")
        with pytest.raises(services.QuestionRefusedError, match="asked of Ben Brook"):
            services.answer(ask_back(request, firm["ann"]).pk, actor=firm["dan"], text="S1", at=LATER)

    def test_may_propose_another_value_to_which_the_requester_says_yes_or_no(self, firm):
        request = firm.ask()
        with pytest.raises(services.QuestionRefusedError, match="cannot be that"):
            ask_back(request, firm["ann"], fact="due_date", value=17)
        with pytest.raises(services.QuestionRefusedError, match="no such fact"):
            ask_back(request, firm["ann"], fact="colour", value="red")
        asked = ask_back(request, firm["ann"], "Yes, if", fact="due_date", value="2026-12-30")
        with pytest.raises(services.QuestionRefusedError, match="agree to the change"):
            services.answer(asked.pk, actor=firm["ben"], text="fine", at=LATER)
        services.answer(asked.pk, actor=firm["ben"], text="", accepted=True, at=LATER)
        entry = Entry.objects.get(verb="approvals.request.answer")
        assert (entry.data["accepted"], entry.data["fact"]) == (True, "due_date")
        assert audit.spoken([entry])[entry.pk] == {"value": '"2026-12-30"'}


class TestTakingOn:
    def test_shows_who_has_it_and_counts_on_their_calendar(self, firm):
        own = cast.calendar("Ann's", "Europe/Berlin")
        own.attendances.exclude(weekday=0).delete()  # she works on Mondays only
        firm["ann"].calendar = own
        firm["ann"].save()
        request = firm.ask(at=MONDAY + timedelta(hours=5))  # 15:00 in Berlin
        before = request.due_at
        step = services.claim(step_of(request).pk, actor=firm["ann"], at=MONDAY + timedelta(hours=6))
        request.refresh_from_db()
        assert step.claimed_by == firm["ann"]
        assert request.due_at == MONDAY + timedelta(days=7, hours=1) > before
        services.release(step.pk, actor=firm["ann"], at=MONDAY + timedelta(hours=6))
        request.refresh_from_db()
        assert request.due_at == before

    def test_keeps_others_from_deciding_until_they_take_it_over(self, firm):
        request = firm.ask()
        services.claim(step_of(request).pk, actor=firm["ann"], at=LATER)
        with pytest.raises(services.NotEntitledError, match="Ann Albers has taken this on"):
            decide(request, firm["dan"])
        with pytest.raises(services.MoveRefusedError, match="Ann Albers has taken this on"):
            services.claim(step_of(request).pk, actor=firm["dan"], at=LATER)
        services.claim(step_of(request).pk, actor=firm["dan"], at=LATER, take_over=True)
        assert decide(request, firm["dan"]).state == Request.State.SETTLING

    def test_ends_by_itself_when_nothing_happens(self, firm):
        request = firm.ask()
        services.claim(step_of(request).pk, actor=firm["ann"], at=LATER)
        assert services.release_idle(at=LATER + timedelta(hours=3, minutes=59)) == 0
        services.claim(step_of(request).pk, actor=firm["ann"], at=LATER + timedelta(hours=1))  # still at it
        assert services.release_idle(at=LATER + timedelta(hours=4)) == 0
        assert services.release_idle(at=LATER + timedelta(hours=5)) == 1
        assert services.release_idle(at=LATER + timedelta(hours=5)) == 0
        assert decide(request, firm["dan"], at=LATER + timedelta(hours=6)).state == Request.State.SETTLING

    def test_is_only_for_who_may_decide(self, firm):
        request = firm.ask()
        with pytest.raises(services.NotEntitledError):
            services.claim(step_of(request).pk, actor=firm["lea"], at=LATER)
        with pytest.raises(services.MoveRefusedError, match="not taken this on"):
            services.release(step_of(request).pk, actor=firm["ann"], at=LATER)


class TestPassingOn:
    def pass_on(self, request, actor, to, reason="on holiday"):
        return services.reassign(step_of(request).pk, to=to, actor=actor, at=LATER, reason=reason)

    @pytest.mark.parametrize("by", ["ann", "mia"])
    def test_to_somebody_with_the_role(self, firm, by):
        request = firm.ask()
        self.pass_on(request, firm[by], firm["dan"])
        request.refresh_from_db()
        assert request.asks == [f"person:{firm['dan'].pk}"]
        assert not Request.objects.needing(firm.user("ann")).exists()
        assert Request.objects.needing(firm.user("dan")).get() == request

    @pytest.mark.parametrize(("to", "why"), [("lea", "no role"), ("frank", "another unit"), ("ben", "barred")])
    def test_never_beyond_the_policy(self, firm, to, why):
        with pytest.raises(services.MoveRefusedError, match="may not decide this"):
            self.pass_on(firm.ask(), firm["ann"], firm[to])

    def test_is_for_who_is_asked_or_oversees_and_says_why(self, firm):
        request = firm.ask()
        with pytest.raises(services.NotEntitledError):
            self.pass_on(request, firm["ben"], firm["dan"])
        with pytest.raises(services.MoveRefusedError, match="Say why"):
            self.pass_on(request, firm["ann"], firm["dan"], " ")

    def test_of_one_request_leaves_the_vote_where_it_was(self, firm):
        request, other = firm.ask(1), firm.ask(2)
        services.hand_on(step_of(request).pk, to=firm["mia"], actor=firm["ann"], at=LATER)
        services.hand_on(step_of(request).pk, to=firm["mia"], actor=firm["ann"], at=LATER)  # a double click
        assert set(Request.objects.needing(firm.user("mia"))) == {request}
        decide(request, firm["mia"])
        vote = request.rounds.get().decisions.get()
        assert (vote.person, vote.effective_person) == (firm["mia"], firm["ann"])
        with pytest.raises(services.NotEntitledError):
            decide(other, firm["mia"])
        with pytest.raises(services.MoveRefusedError):
            services.hand_on(step_of(other).pk, to=firm["ben"], actor=firm["ann"], at=LATER)


class TestAskingOneMore:
    def test_needs_their_yes_as_well(self, firm):
        request = firm.ask()
        more = services.add_approver(
            step_of(request).pk, person=firm["lea"], actor=firm["ann"], at=LATER, reason="a strategic client"
        )
        assert decide(request, firm["ann"]).state == Request.State.PENDING
        request.refresh_from_db()
        assert request.asks == [f"person:{firm['lea'].pk}"]
        services.decide(
            more.pk, actor=firm["lea"], verdict="approve", snapshot_id=request.snapshot_id, at=LATER, note=""
        )
        request.refresh_from_db()
        assert request.state == Request.State.SETTLING

    @pytest.mark.parametrize("whom", ["ann", "ben"])
    def test_is_not_for_oneself_or_who_is_barred(self, firm, whom):
        with pytest.raises(services.MoveRefusedError):
            services.add_approver(
                step_of(firm.ask()).pk, person=firm[whom], actor=firm["ann"], at=LATER, reason="to be sure"
            )

    def test_twice_is_once(self, firm):
        step = step_of(firm.ask())
        ask = {"person": firm["lea"], "actor": firm["ann"], "at": LATER, "reason": "to be sure"}
        services.add_approver(step.pk, **ask)
        with pytest.raises(services.MoveRefusedError, match="asked already"):
            services.add_approver(step.pk, **ask)

    def test_for_a_view_gives_no_vote(self, firm):
        request = firm.ask()
        services.consult(step_of(request).pk, person=firm["eve"], actor=firm["ann"], at=LATER, text="You know them?")
        assert request in Request.objects.visible_to(firm.user("eve"))
        assert request.mentions.get().person == firm["eve"]
        with pytest.raises(services.NotEntitledError):
            decide(request, firm["eve"])


class TestWithdrawing:
    def test_ends_it_and_it_is_not_asked_again_as_it_is(self, firm):
        request = firm.ask()
        services.withdraw(request.pk, actor=firm["ben"], at=LATER, note="wrong client")
        request.refresh_from_db()
        assert (request.state, request.closed_reason) == ("closed", "withdrawn")
        again = services.ask(
            cast.KIND, subject=request.subject, unit=firm.de, facts=cast.invoice_facts(firm.de), at=LATER
        )
        assert again is None
        changed = firm.ask(amount="50000")
        assert changed.pk != request.pk

    def test_is_only_for_who_asked_and_while_it_is_open(self, firm):
        request = firm.ask()
        with pytest.raises(services.NotEntitledError, match="Only who asked"):
            services.withdraw(request.pk, actor=firm["ann"], at=LATER)
        decide(request, firm["ann"])
        services.settle_due(LATER + timedelta(minutes=1))
        with pytest.raises(services.NotEntitledError, match="no longer waits"):
            services.withdraw(request.pk, actor=firm["ben"], at=LATER)
