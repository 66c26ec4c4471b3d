"""From the question to the settled answer, by people who may and people who may not."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from approvals import services
from approvals.cases import NO_APPROVER
from approvals.models import Decision, Request, Step
from approvals.services import settling
from cockpit.accounts import grants
from cockpit.accounts.models import Person
from cockpit.audit.models import Entry
from cockpit.events.models import Event
from cockpit.exception_queue.models import Case
from cockpit.time import services as time
from cockpit.time.models import Clock
from cockpit.transitions import TransitionError, advance
from tests import cast
from tests.cast import MONDAY

pytestmark = pytest.mark.django_db
LATER = MONDAY + timedelta(minutes=42)


@pytest.fixture
def firm():
    made = cast.firm()
    cast.policy()
    return made


def step_of(request) -> Step:
    return Step.objects.get(round__request=request, state=Step.State.OPEN)


def decide(request, person, verdict="approve", at=LATER, note="", snapshot=None):
    return services.decide(
        step_of(request).pk,
        actor=person,
        verdict=verdict,
        snapshot_id=snapshot or request.snapshot_id,
        at=at,
        note=note,
    )


def verbs(request):
    return list(Entry.objects.filter(subject=request.audit_subject).order_by("seq").values_list("verb", flat=True))


class TestAsk:
    def test_puts_it_before_the_units_finance_with_a_due_time_in_business_hours(self, firm):
        request = firm.ask()
        step = step_of(request)
        assert (step.role, step.unit, request.state) == ("finance", firm.de, Request.State.PENDING)
        assert request.due_at == step.due_at == MONDAY + timedelta(hours=4)
        assert Request.objects.needing(firm.user("ann")).get() == request
        assert not Request.objects.needing(firm.user("frank")).exists()

    def test_asks_nobody_below_the_limit(self, firm):
        args = {
            "subject": "odoo.account.move:3",
            "unit": firm.de,
            "facts": cast.invoice_facts(firm.de, 25_000),
            "at": MONDAY,
        }
        assert services.ask(cast.KIND, **args) is None
        assert not Request.objects.exists()

    def test_compares_in_the_currency_of_each_unit(self, firm):
        assert (
            services.ask(cast.KIND, subject="a:1", unit=firm.us, facts=cast.invoice_facts(firm.us, 20_000), at=MONDAY)
            is None
        )
        american = firm.ask(2, 20_001, unit=firm.us)
        assert (american.currency, step_of(american).unit) == ("USD", firm.us)

    def test_asked_twice_is_asked_once(self, firm):
        assert firm.ask().pk == firm.ask().pk
        assert Request.objects.count() == 1

    def test_skips_a_holiday_when_it_sets_the_due_time(self, firm):
        firm.de.calendar.holidays.create(name="Day off", start_at=MONDAY, end_at=MONDAY + timedelta(days=1))
        assert firm.ask().due_at == MONDAY + timedelta(days=1, hours=4)  # until Tuesday ten, then four hours

    def test_moves_the_due_time_when_a_day_off_becomes_known(self, firm):
        request = firm.ask()
        firm.de.calendar.holidays.create(name="Day off", start_at=MONDAY, end_at=MONDAY + timedelta(days=1))
        time.recalendar(at=MONDAY + timedelta(hours=1))
        services.sweep_clocks(MONDAY + timedelta(hours=1))
        request.refresh_from_db()
        assert request.due_at == step_of(request).due_at == MONDAY + timedelta(days=1, hours=3)

    def test_counts_a_plain_week_while_a_calendar_has_no_hours(self, firm):
        firm.de.calendar.attendances.all().delete()
        assert firm.ask().due_at == MONDAY + timedelta(hours=4)

    def test_with_nobody_eligible_keeps_the_request_and_opens_a_case(self, firm):
        request = firm.ask(barred=[firm["ann"].pk, firm["dan"].pk])
        case = Case.objects.get(kind="approvals.no_approver")
        assert request.state == Request.State.PENDING
        assert request.number in case.title
        assert "nobody there may decide" in case.title

    def test_closes_that_case_once_somebody_may_decide(self, firm):
        firm.ask(barred=[firm["ann"].pk, firm["dan"].pk])
        services.sweep_clocks(MONDAY)
        case = Case.objects.get(kind="approvals.no_approver")
        assert (case.state, "nobody there may decide" in NO_APPROVER.title_of(case)) == ("open", True)
        grants.grant(firm["lea"], "finance", firm.de, actor="system:test", at=MONDAY)
        services.sweep_clocks(MONDAY + timedelta(minutes=1))
        case.refresh_from_db()
        assert (case.state, case.closed_because) == ("resolved", "Somebody may decide now.")

    def test_closes_that_case_when_the_request_ends(self, firm):
        request = firm.ask(barred=[firm["ann"].pk, firm["dan"].pk])
        services.close(request, Request.Closed.NOT_REQUIRED, at=MONDAY)
        services.sweep_clocks(MONDAY + timedelta(minutes=1))
        assert Case.objects.get(kind="approvals.no_approver").state == "resolved"

    def test_with_nobody_left_who_may_decide_opens_a_case(self, firm):
        request = firm.ask(barred=[firm["dan"].pk])
        services.sweep_clocks(MONDAY)
        assert not Case.objects.exists()
        grants.revoke(firm["ann"], "finance", firm.de, actor="system:test", at=MONDAY)
        for minute in (1, 2):
            services.sweep_clocks(MONDAY + timedelta(minutes=minute))
        case = Case.objects.get(kind="approvals.no_approver")
        assert (case.state, case.subject, case.occurrences) == ("open", request.audit_subject, 1)

    def test_with_the_person_gone_whom_it_names_opens_a_case(self, firm):
        request = firm.ask()
        Step.objects.filter(round__request=request).update(asked_persons=[firm["ann"].pk])
        services.sweep_clocks(MONDAY)
        assert not Case.objects.exists()
        Person.objects.filter(pk=firm["ann"].pk).update(active=False)
        services.sweep_clocks(MONDAY + timedelta(minutes=1))
        assert request.number in Case.objects.get(kind="approvals.no_approver").title

    def test_with_fewer_left_than_it_still_takes_opens_a_case(self, firm):
        request = several(firm, quorum=2)
        decide(request, firm["ann"])
        services.sweep_clocks(LATER + timedelta(minutes=1))
        assert not Case.objects.exists()  # Dan may
        grants.revoke(firm["dan"], "finance", firm.de, actor="system:test", at=LATER)
        services.sweep_clocks(LATER + timedelta(minutes=2))
        assert request.number in Case.objects.get(kind="approvals.no_approver").title

    def test_in_observe_mode_says_what_would_have_been_asked_and_asks_nobody(self, firm):
        cast.observe()
        request = firm.ask()
        assert request.state == Request.State.OBSERVED
        assert not Request.objects.open().exists()
        assert not Step.objects.exists()

    def test_keeps_one_open_request_per_record_also_in_the_database(self, firm):
        """Promise 3: one open request per (kind, subject)."""
        request = firm.ask()
        with pytest.raises(IntegrityError, match="one_open_request_per_subject"), transaction.atomic():
            Request.objects.create(
                kind_key=request.kind_key,
                subject=request.subject,
                title="again",
                version=request.version,
                unit=firm.de,
                asked_at=MONDAY,
            )


class TestApprove:
    def test_settles_then_takes_effect(self, firm):
        request = decide(firm.ask(), firm["ann"])
        assert (request.state, request.outcome, request.settles_at) == (
            Request.State.SETTLING,
            "approved",
            LATER + timedelta(seconds=20),
        )
        assert services.settle_due(LATER + timedelta(seconds=19)) == 0
        assert services.settle_due(LATER + timedelta(seconds=20)) == 1
        request.refresh_from_db()
        assert request.state == Request.State.APPROVED
        assert Event.objects.get(name="approvals.decided").payload["outcome"] == "approved"
        assert verbs(request) == [
            "approvals.request.ask",
            "approvals.request.decide",
            "approvals.request.settle",
            "approvals.request.approve",
        ]

    def test_its_audit_entry_and_its_deadline_are_one_transaction(self, firm, monkeypatch):
        """Promise 1: when any part fails, nothing of it is left."""
        request = firm.ask()
        monkeypatch.setattr("approvals.services.deciding.advance", lambda *a, **k: 1 / 0)
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            decide(request, firm["ann"])
        request.refresh_from_db()
        assert (request.state, request.settles_at) == (Request.State.PENDING, None)
        assert not Decision.objects.exists()
        assert verbs(request) == ["approvals.request.ask"]

    def test_settling_its_audit_entry_and_its_messages_are_one_transaction(self, firm, monkeypatch):
        """Promise 1, second half."""
        request = decide(firm.ask(), firm["ann"])
        monkeypatch.setattr("approvals.services.settling.emit", lambda *a, **k: 1 / 0)
        with pytest.raises(ExceptionGroup):
            services.settle_due(LATER + timedelta(minutes=1))
        request.refresh_from_db()
        assert request.state == Request.State.SETTLING
        assert not Event.objects.filter(name="approvals.decided").exists()
        assert verbs(request)[-1] == "approvals.request.settle"

    def test_that_breaks_while_it_settles_holds_up_no_other(self, firm, monkeypatch):
        first, second = (decide(firm.ask(subject), firm["ann"]) for subject in (1, 2))
        real = settling.emit

        def emit(name, *, subject, **given):
            return 1 / 0 if subject == first.audit_subject else real(name, subject=subject, **given)

        monkeypatch.setattr(settling, "emit", emit)
        with pytest.raises(ExceptionGroup):
            services.settle_due(LATER + timedelta(minutes=1))
        first.refresh_from_db(), second.refresh_from_db()
        assert (first.state, second.state) == (Request.State.SETTLING, Request.State.APPROVED)

    def test_needs_the_role_in_that_unit(self, firm):
        request = firm.ask()
        for name in ("eve", "frank", "mia", "lea"):
            with pytest.raises(services.NotEntitledError, match="decided by Finance of Halden & Roth GmbH"):
                decide(request, firm[name])

    def test_is_not_for_whoever_asked_wrote_or_gains(self, firm):
        """Promise 4, said kindly."""
        request = firm.ask(barred=[firm["ann"].pk])
        with pytest.raises(services.NotEntitledError, match="somebody else must decide"):
            decide(request, firm["ann"])
        assert not Request.objects.needing(firm.user("ann")).exists()

    def test_is_refused_by_the_database_for_a_barred_person(self, firm):
        """Promise 4: a database constraint says so."""
        request = firm.ask(barred=[firm["ann"].pk])
        step = step_of(request)
        row = {"step": step, "round": step.round, "verdict": "approve", "snapshot": request.snapshot, "at": LATER}
        for pair in (
            {"person": firm["ann"], "effective_person": firm["dan"]},
            {"person": firm["dan"], "effective_person": firm["ann"]},
        ):
            with pytest.raises(IntegrityError, match="may not decide"), transaction.atomic():
                Decision.objects.create(**row, **pair)

    def test_never_counts_one_person_in_two_steps(self, firm):
        """Promise 4: nor two steps of a round the same effective person."""
        request = two_steps(firm)
        decide(request, firm["ann"])
        with pytest.raises(services.NotEntitledError, match="already decided a step"):
            decide(request, firm["ann"])
        second = step_of(request)
        with pytest.raises(IntegrityError, match="decides once in a round"), transaction.atomic():
            Decision.objects.create(
                step=second,
                round=second.round,
                person=firm["dan"],
                effective_person=firm["ann"],
                verdict="approve",
                snapshot=request.snapshot,
                at=LATER,
            )

    def test_on_a_closed_request_is_impossible_and_says_who_closed_it(self, firm):
        """Promise 3: a closed request cannot be decided."""
        request = firm.ask()
        step = step_of(request)
        decide(request, firm["ann"])
        services.settle_due(LATER + timedelta(minutes=1))
        with pytest.raises(services.AlreadyDecidedError, match="Ann Albers has already approved it"):
            services.decide(
                step.pk, actor=firm["dan"], verdict="reject", snapshot_id=request.snapshot_id, at=LATER, note="no"
            )
        assert Decision.objects.count() == 1

    def test_stops_the_clock_at_the_time_of_the_decision(self, firm):
        request = firm.ask()
        decide(request, firm["ann"])
        services.settle_due(LATER + timedelta(minutes=1))
        clock = Clock.objects.get(subject__startswith="approvals.step:")
        assert clock.state == Clock.State.STOPPED
        from cockpit.time import services as time

        assert time.elapsed(clock, LATER + timedelta(hours=3)) == 42 * 60


class TestReject:
    def test_needs_a_reason(self, firm):
        request = firm.ask()
        with pytest.raises(services.ReasonMissingError, match="Say why"):
            decide(request, firm["ann"], verdict="reject", note="   ")
        assert not Decision.objects.exists()

    def test_takes_effect_with_its_reason(self, firm):
        request = decide(firm.ask(), firm["ann"], verdict="reject", note="wrong rate")
        services.settle_due(LATER + timedelta(minutes=1))
        request.refresh_from_db()
        assert (request.state, Decision.objects.get().note) == (Request.State.REJECTED, "wrong rate")

    def test_is_not_asked_again_until_something_material_changes(self, firm):
        request = decide(firm.ask(), firm["ann"], verdict="reject", note="wrong rate")
        services.settle_due(LATER + timedelta(minutes=1))
        assert firm.ask(overdue={"amount": "5.00", "currency": "EUR"}).state == Request.State.REJECTED
        again = firm.ask(amount=48_000)
        assert (again.pk, again.state, again.rounds.count()) == (request.pk, Request.State.PENDING, 2)
        assert Request.objects.needing(firm.user("ann")).get() == again


class TestUndo:
    def test_puts_it_back_with_the_clock_where_it_was(self, firm):
        request = decide(firm.ask(), firm["ann"])
        back = services.undo(request.pk, actor=firm["ann"], at=LATER + timedelta(seconds=10))
        assert (back.state, back.settles_at, back.outcome) == (Request.State.PENDING, None, "")
        assert step_of(back).due_at == MONDAY + timedelta(hours=4, seconds=10)  # the pause does not count
        assert services.settle_due(LATER + timedelta(hours=1)) == 0
        assert not Event.objects.filter(name="approvals.decided").exists()
        decide(back, firm["ann"], at=LATER + timedelta(seconds=12))

    def test_is_for_the_one_who_decided(self, firm):
        request = decide(firm.ask(), firm["ann"])
        with pytest.raises(services.TooLateToUndoError):
            services.undo(request.pk, actor=firm["dan"], at=LATER)

    def test_is_too_late_once_it_took_effect(self, firm):
        request = decide(firm.ask(), firm["ann"])
        services.settle_due(LATER + timedelta(seconds=20))
        with pytest.raises(services.TooLateToUndoError, match="too late"):
            services.undo(request.pk, actor=firm["ann"], at=LATER + timedelta(seconds=20))

    def test_of_a_first_step_is_possible_until_the_next_is_decided(self, firm):
        request = two_steps(firm)
        decide(request, firm["ann"])
        back = services.undo(request.pk, actor=firm["ann"], at=LATER + timedelta(minutes=5))
        assert step_of(back).role == "finance"
        decide(back, firm["dan"], at=LATER + timedelta(minutes=6))
        decide(back, firm["lea"], at=LATER + timedelta(minutes=7))
        with pytest.raises(services.TooLateToUndoError):
            services.undo(request.pk, actor=firm["dan"], at=LATER + timedelta(minutes=8))


class TestWhoIsBarredLater:
    """Promise 4, when a record gets another author or beneficiary after it was asked about."""

    def test_decides_no_more(self, firm):
        request = firm.ask()
        firm.ask(barred=[firm["ben"].pk, firm["ann"].pk], at=LATER)
        with pytest.raises(services.NotEntitledError, match="somebody else must decide"):
            decide(request, firm["ann"])

    def test_has_their_decision_void_also_while_it_settles(self, firm):
        request = decide(firm.ask(), firm["ann"])
        firm.ask(barred=[firm["ben"].pk, firm["ann"].pk], at=LATER + timedelta(seconds=5))
        request.refresh_from_db()
        assert (request.state, Decision.objects.get().void_at) == (Request.State.PENDING, LATER + timedelta(seconds=5))
        assert services.settle_due(LATER + timedelta(hours=1)) == 0
        assert decide(request, firm["dan"], at=LATER + timedelta(minutes=1)).state == Request.State.SETTLING

    def test_leaves_the_decisions_of_others(self, firm):
        request = decide(firm.ask(), firm["ann"])
        firm.ask(barred=[firm["ben"].pk, firm["dan"].pk], at=LATER + timedelta(seconds=5))
        request.refresh_from_db()
        assert (request.state, Decision.objects.get().void_at) == (Request.State.SETTLING, None)

    def test_opens_a_case_when_nobody_is_left(self, firm):
        firm.ask()
        firm.ask(barred=[firm["ben"].pk, firm["ann"].pk, firm["dan"].pk], at=LATER)
        assert Case.objects.get(kind="approvals.no_approver").state == "open"


class TestFactsThatMove:
    """Promise 5: a decision names the snapshot that was shown."""

    def test_refuse_a_decision_on_what_was_on_the_screen_and_say_what_moved(self, firm):
        request = firm.ask()
        shown = request.snapshot_id
        firm.ask(amount=49_000)
        with pytest.raises(services.FactsMovedError) as refused:
            decide(request, firm["ann"], snapshot=shown)
        assert [(m.fact.key, m.before["amount"], m.after["amount"]) for m in refused.value.differences[:1]] == [
            ("amount", "48200.00", "49000.00")
        ]
        assert not Decision.objects.exists()

    def test_do_not_disturb_when_they_are_not_material(self, firm):
        request = firm.ask()
        shown = request.snapshot_id
        firm.ask(overdue={"amount": "5.00", "currency": "EUR"})
        assert decide(request, firm["ann"], snapshot=shown).state == Request.State.SETTLING

    def test_void_the_decision_they_touch_also_while_it_settles(self, firm):
        request = decide(firm.ask(), firm["ann"])
        firm.ask(amount=49_000, at=LATER + timedelta(seconds=5))
        request.refresh_from_db()
        assert (request.state, Decision.objects.get().void_reason) == (
            Request.State.PENDING,
            "changed since: amount, lines",
        )
        assert services.settle_due(LATER + timedelta(hours=1)) == 0
        assert decide(request, firm["ann"], at=LATER + timedelta(minutes=1)).state == Request.State.SETTLING

    def test_leave_the_decisions_that_answered_for_something_else(self, firm):
        request = two_steps(firm, about="[client]")
        decide(request, firm["ann"])
        firm.ask(amount=149_000, at=LATER + timedelta(minutes=1), unit=firm.de)
        assert Decision.objects.get().void_at is None
        assert step_of(request).role == "leadership"

    def test_end_the_request_when_nobody_need_be_asked_any_more(self, firm):
        request = firm.ask()
        args = {"subject": request.subject, "unit": firm.de, "facts": cast.invoice_facts(firm.de, 900), "at": LATER}
        assert services.ask(cast.KIND, **args) is None
        request.refresh_from_db()
        assert (request.state, request.closed_reason) == (Request.State.CLOSED, Request.Closed.NOT_REQUIRED)
        assert not Clock.objects.exclude(state=Clock.State.STOPPED).exists()

    def test_after_approval_are_asked_anew_in_a_further_round(self, firm):
        request = decide(firm.ask(), firm["ann"])
        services.settle_due(LATER + timedelta(minutes=1))
        again = firm.ask(amount=49_000, at=LATER + timedelta(minutes=2))
        assert (again.pk, again.state, [r.number for r in again.rounds.all()]) == (
            request.pk,
            Request.State.PENDING,
            [1, 2],
        )
        assert Decision.objects.get().void_at is None  # history stays as it was

    def test_never_change_a_snapshot(self, firm):
        snapshot = firm.ask().snapshot
        snapshot.facts = {}
        with pytest.raises(Exception, match="a snapshot never changes"), transaction.atomic():
            snapshot.save()


class TestPolicyVersion:
    def test_of_a_running_request_stays_when_a_new_one_is_published(self, firm):
        request = firm.ask()
        cast.policy(cast.TABLE.replace("25000", "90000"), at=LATER)
        firm.ask(overdue={"amount": "5.00", "currency": "EUR"}, at=LATER + timedelta(minutes=1))
        request.refresh_from_db()
        assert (request.state, request.version.number) == (Request.State.PENDING, 1)

    def test_never_changes_once_published(self, firm):
        rule = firm.ask().version.rules.first()
        rule.name = "other"
        with pytest.raises(Exception, match="never change"), transaction.atomic():
            rule.save()


class TestTransitions:
    def test_are_these_and_no_others(self, firm):
        request = firm.ask()
        for action, (allowed, to) in Request.TRANSITIONS.items():
            for state in Request.State:
                extra = {"settles_at": LATER, "outcome": "approved"}
                Request.objects.filter(pk=request.pk).update(state=state, **extra)
                request.refresh_from_db()
                if state in allowed:
                    advance(request, action, actor="system:test", at=LATER)
                    assert request.state == to
                else:
                    with pytest.raises(TransitionError, match=f"is {state}"):
                        advance(request, action, actor="system:test", at=LATER)


class TestVisibleTo:
    def test_is_the_granted_scope_and_what_one_took_part_in(self, firm):
        german, american = firm.ask(), firm.ask(2, 48_200, unit=firm.us)
        seen = {
            name: set(Request.objects.visible_to(firm.user(name)).values_list("pk", flat=True)) for name in firm.people
        }
        both = {german.pk, american.pk}
        assert seen == {
            "ann": {german.pk},
            "dan": {german.pk},
            "mia": {german.pk},
            "lea": both,
            "frank": {american.pk},
            "ben": both,
            "eve": set(),
        }

    def test_costs_no_query_per_row(self, firm, django_assert_max_num_queries):
        for subject in range(5):
            firm.ask(subject)
        user = firm.user("ann")
        with django_assert_max_num_queries(5):
            assert len(Request.objects.needing(user)) == 5
        assert connection.vendor == "postgresql"


def several(firm, quorum):
    table = cast.TABLE.replace("{role: finance, within: 4 h}", f"{{role: finance, within: 4 h, quorum: {quorum}}}")
    cast.policy(table, at=MONDAY - timedelta(hours=1))
    return firm.ask()


def two_steps(firm, about="[]"):
    table = cast.TABLE.replace(
        "ask: [{role: finance, within: 4 h}]",
        f"ask: [{{role: finance, within: 4 h, about: {about}}}, {{role: leadership, order: 2, within: 4 h}}]",
    )
    cast.policy(table, at=MONDAY - timedelta(hours=1))
    return firm.ask(amount=148_200)
