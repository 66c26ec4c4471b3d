from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from cockpit.accounts import grants
from cockpit.accounts.models import Unit
from cockpit.audit.models import Entry
from cockpit.exception_queue import CaseError, acts, clear_case, open_case
from cockpit.exception_queue.models import Case
from cockpit.exception_queue.sweeping import sweep
from cockpit.transitions import advance
from tests import cast
from tests.cockpit.fakes import MONDAY, at_once

pytestmark = pytest.mark.django_db
LATER = MONDAY + timedelta(hours=1)


def seen(fingerprint="odoo.away", *, at=MONDAY, **more):
    return open_case(fingerprint, **{"kind": "sync", "title": "Odoo does not answer", "at": at, **more})


def verbs():
    return [entry.verb.removeprefix("exception_queue.case.") for entry in Entry.objects.order_by("seq")]


class TestOpenCase:
    def test_opens_one_with_everything_a_person_needs(self, ann):
        unit = Unit.objects.create(name="DE")
        made = seen(
            unit=unit,
            money=Decimal("120.50"),
            currency="EUR",
            owner=ann,
            due_at=LATER,
            severity="high",
            client_odoo_id=7,
        )
        case = Case.objects.get()
        assert case == made
        assert (case.state, case.occurrences, case.first_seen_at) == ("open", 1, MONDAY)
        assert (case.unit, case.money, case.currency, case.owner, case.due_at) == (
            unit,
            Decimal("120.50"),
            "EUR",
            ann,
            LATER,
        )
        assert verbs() == ["open"]

    def test_counts_what_is_seen_again(self, ann):
        seen(owner=ann)
        case = seen(at=LATER, title="Odoo still does not answer", severity="high", detail={"since": "9:00"})
        assert (case.occurrences, case.first_seen_at, case.last_seen_at) == (2, MONDAY, LATER)
        assert (case.title, case.severity, case.detail) == ("Odoo still does not answer", "high", {"since": "9:00"})
        assert case.owner == ann, "whoever works on it keeps it"
        assert verbs() == ["open"]

    def test_goes_on_with_an_acknowledged_one(self):
        advance(seen(), "acknowledge", actor="system:test", at=MONDAY)
        assert seen().state == "acknowledged"

    def test_leaves_an_ignored_one_ignored(self):
        advance(seen(), "ignore", actor="system:test", at=MONDAY, wakes_at=LATER)
        again = seen()
        assert (again.state, again.occurrences) == ("ignored", 2)

    def test_reopens_a_resolved_one(self):
        first = seen()
        clear_case("odoo.away", at=LATER, reason="It answers.")
        again = seen(at=LATER)
        assert again.pk == first.pk
        assert (again.state, again.occurrences, again.closed_at, again.closed_because) == ("open", 2, None, "")
        assert verbs() == ["open", "resolve", "reopen"]

    @pytest.mark.parametrize(
        ("wrong", "says"),
        [
            ({"fingerprint": ""}, "needs a fingerprint"),
            ({"severity": "urgent"}, "Severity 'urgent' is none of low, medium, high, critical"),
            ({"money": Decimal(5)}, "5 has no currency"),
        ],
    )
    def test_refuses_what_nobody_could_work_on(self, wrong, says):
        with pytest.raises(CaseError, match=says):
            seen(**wrong)

    def test_is_one_per_fingerprint_for_the_database_too(self):
        seen()
        with pytest.raises(IntegrityError, match="case_one_living"), transaction.atomic():
            Case.objects.create(fingerprint="odoo.away", kind="x", title="x", first_seen_at=MONDAY, last_seen_at=MONDAY)

    @pytest.mark.django_db(transaction=True)
    def test_is_one_when_many_see_it_at_once(self, rounds):
        for number in range(rounds):
            results = at_once(*[lambda number=number: seen(f"f{number}")] * 5)
            assert len({case.pk for case in results}) == 1
            assert Case.objects.get(fingerprint=f"f{number}").occurrences == 5

    @pytest.mark.django_db(transaction=True)
    def test_holds_when_opening_and_clearing_race(self, rounds):
        clear = lambda: clear_case("odoo.away", at=LATER, reason="It answers.")  # noqa: E731
        for _ in range(rounds):
            results = at_once(seen, clear, seen, clear)
            assert not [result for result in results if isinstance(result, Exception)]
            assert Case.objects.count() == 1


class TestClearCase:
    def test_resolves_with_the_reason(self):
        seen()
        cleared = clear_case("odoo.away", at=LATER, reason="It answers.")
        assert (cleared.state, cleared.closed_at, cleared.closed_because) == ("resolved", LATER, "It answers.")

    def test_does_nothing_twice(self):
        seen()
        clear_case("odoo.away", at=LATER, reason="It answers.")
        assert clear_case("odoo.away", at=LATER, reason="It answers.") is None
        assert clear_case("never.seen", at=LATER, reason="x") is None
        assert verbs() == ["open", "resolve"]

    def test_leaves_one_that_is_ignored_until_a_date_and_resolves_it_then(self):
        advance(seen(), "ignore", actor="system:test", at=MONDAY, wakes_at=LATER)
        assert clear_case("odoo.away", at=MONDAY, reason="It answers.") is None
        assert Case.objects.get().state == "ignored"
        assert sweep(at=LATER) == 1
        case = Case.objects.get()
        assert (case.state, case.closed_because, case.wakes_at) == ("resolved", "It answers.", None)

    def test_resolves_what_is_snoozed_or_a_duplicate(self):
        one, two = seen(), seen("other")
        advance(one, "snooze", actor="system:test", at=MONDAY, wakes_at=LATER)
        advance(two, "mark_duplicate", actor="system:test", at=MONDAY, duplicate_of=one)
        clear_case("odoo.away", at=MONDAY, reason="It answers.")
        clear_case("other", at=MONDAY, reason="It answers.")
        assert set(Case.objects.values_list("state", "wakes_at", "duplicate_of")) == {("resolved", None, None)}


class TestTime:
    def test_wakes_what_was_set_aside_when_its_end_has_come(self):
        advance(seen(), "snooze", actor="system:test", at=MONDAY, wakes_at=LATER)
        assert sweep(at=LATER - timedelta(seconds=1)) == 0
        assert sweep(at=LATER) == 1
        case = Case.objects.get()
        assert (case.state, case.wakes_at, case.wakes_if_worse) == ("open", None, False)

    @pytest.mark.parametrize(
        ("again", "state"),
        [
            ({}, "open"),  # one more occurrence
            ({"anew": False}, "ignored"),  # it is still so: no worse
            ({"anew": False, "money": Decimal(11), "currency": "EUR"}, "open"),
            ({"anew": False, "money": Decimal(10), "currency": "EUR"}, "ignored"),
        ],
    )
    def test_brings_back_what_was_ignored_until_it_gets_worse(self, ann, again, state):
        case = seen(money=Decimal(10), currency="EUR")
        acts.ignore(case.pk, actor=ann, reason="Known.", until=None, until_worse=True, at=MONDAY)
        assert seen(at=LATER, **{"money": Decimal(10), "currency": "EUR", **again}).state == state

    def test_counts_what_is_still_so_once_a_day(self):
        seen()
        for hours in (1, 2, 25, 26):
            seen(at=MONDAY + timedelta(hours=hours), anew=False)
        seen(at=MONDAY + timedelta(hours=27))
        case = Case.objects.get()
        assert case.occurrences == 3
        assert list(case.days.order_by("day").values_list("count", flat=True)) == [1, 2]


class TestOwnership:
    def test_follows_the_rule_of_its_kind_in_its_unit(self, db):
        firm = cast.firm()
        case = seen(kind="outbox.dead", unit=firm.munich)
        assert (case.owner, case.owner_role) == (None, "pmo"), "nobody is operations admin there, Mia is PMO"
        assert seen("us", kind="outbox.dead", unit=firm.us).owner_role == "", "and nobody is either in America"

    def test_is_found_later_for_what_nobody_owned(self, db):
        firm = cast.firm()
        case = seen(kind="outbox.dead", unit=firm.us)
        grants.grant(firm["mia"], "pmo", firm.us, actor="system:test", at=MONDAY)
        sweep(at=LATER)
        case.refresh_from_db()
        assert case.owner_role == "pmo"

    def test_gives_a_deadline_in_working_time_of_the_unit(self, db):
        firm = cast.firm()
        friday = MONDAY - timedelta(days=3) + timedelta(hours=6)  # 16:00 in Berlin, an hour before it closes
        case = seen(kind="outbox.dead", unit=firm.munich, at=friday)
        assert case.due_at == MONDAY + timedelta(hours=2), "four hours: one on Friday, three on Monday from 9:00"


class TestActs:
    def test_make_it_ones_own_by_accepting_it(self, ann, ben):
        case = acts.acknowledge(seen().pk, actor=ann, at=MONDAY)
        assert (case.state, case.owner) == ("acknowledged", ann)
        assert acts.own(case.pk, actor=ben, at=LATER).owner == ben
        assert verbs() == ["open", "acknowledge", "own"]

    def test_are_harmless_when_clicked_twice(self, ann):
        case = seen()
        for second in range(2):
            acts.acknowledge(case.pk, actor=ann, at=MONDAY + timedelta(seconds=second))
        for second in range(2):
            acts.close_case(case.pk, actor=ann, reason="Done.", at=MONDAY + timedelta(seconds=5 + second))
        assert verbs() == ["open", "acknowledge", "resolve"]

    @pytest.mark.parametrize(
        ("act", "refused"),
        [
            (lambda pk, actor: acts.snooze(pk, actor=actor, until=None, at=MONDAY), acts.EndMissingError),
            (lambda pk, actor: acts.snooze(pk, actor=actor, until=MONDAY, at=MONDAY), acts.EndMissingError),
            (
                lambda pk, actor: acts.ignore(pk, actor=actor, reason=" ", until=LATER, until_worse=False, at=MONDAY),
                acts.ReasonMissingError,
            ),
            (
                lambda pk, actor: acts.ignore(pk, actor=actor, reason="x", until=None, until_worse=False, at=MONDAY),
                acts.EndMissingError,
            ),
            (lambda pk, actor: acts.mark_duplicate(pk, actor=actor, of=None, at=MONDAY), acts.NoSuchCaseError),
            (lambda pk, actor: acts.undo(pk, actor=actor, at=MONDAY), acts.NothingToUndoError),
        ],
    )
    def test_say_what_is_missing(self, ann, act, refused):
        case = seen()
        with pytest.raises(refused):
            act(case.pk, ann)
        assert verbs() == ["open"]

    def test_mark_a_duplicate_of_one_that_lives(self, ann):
        main, other, third = seen(), seen("other"), seen("third")
        acts.mark_duplicate(third.pk, actor=ann, of=other, at=MONDAY)
        case = acts.mark_duplicate(other.pk, actor=ann, of=main, at=MONDAY)
        assert (case.state, case.duplicate_of) == ("duplicate", main)
        third.refresh_from_db()
        assert third.duplicate_of == main, "what was its duplicate is one of the main case now"
        with pytest.raises(acts.NotOpenError):
            acts.mark_duplicate(main.pk, actor=ann, of=other, at=MONDAY)
        with pytest.raises(acts.NoSuchCaseError):
            acts.mark_duplicate(main.pk, actor=ann, of=main, at=MONDAY)

    @pytest.mark.parametrize("verb", ["acknowledge", "snooze", "ignore", "mark_duplicate", "close_case"])
    def test_can_be_undone_by_whoever_did_them(self, ann, ben, verb):
        case, main = seen(), seen("main")
        more = {
            "snooze": {"until": LATER},
            "ignore": {"reason": "x", "until": None, "until_worse": True},
            "mark_duplicate": {"of": main},
            "close_case": {"reason": "x"},
        }
        getattr(acts, verb)(case.pk, actor=ann, at=MONDAY, **more.get(verb, {}))
        with pytest.raises(acts.NothingToUndoError):
            acts.undo(case.pk, actor=ben, at=MONDAY)
        with pytest.raises(acts.NothingToUndoError):
            acts.undo(case.pk, actor=ann, at=MONDAY + timedelta(minutes=11))
        undone = acts.undo(case.pk, actor=ann, at=MONDAY + timedelta(minutes=1))
        assert (undone.state, undone.owner, undone.wakes_at, undone.duplicate_of) == ("open", None, None, None)

    def test_taking_it_over_can_be_undone(self, ann, ben):
        case = seen(owner=ben)
        acts.own(case.pk, actor=ann, at=MONDAY)
        assert acts.undo(case.pk, actor=ann, at=MONDAY).owner == ben

    @pytest.mark.django_db(transaction=True)
    def test_tell_the_slower_of_two_who_was_faster(self, ann, ben, rounds):
        for number in range(rounds):
            case = seen(f"f{number}")
            results = at_once(
                lambda case=case: acts.close_case(case.pk, actor=ann, reason="By Ann.", at=LATER),
                lambda case=case: acts.close_case(case.pk, actor=ben, reason="By Ben.", at=LATER),
            )
            lost = [result for result in results if isinstance(result, acts.NotOpenError)]
            won = [result for result in results if isinstance(result, Case)]
            assert len(lost) == len(won) == 1
            winner = "Ann Albers" if won[0].closed_because == "By Ann." else "Ben Brook"
            assert f"{winner} was faster" in str(lost[0])

    @pytest.mark.django_db(transaction=True)
    def test_hold_when_two_mark_each_others_as_duplicates(self, ann, ben, rounds):
        for number in range(rounds):
            one, two = seen(f"a{number}"), seen(f"b{number}")
            results = at_once(
                lambda one=one, two=two: acts.mark_duplicate(one.pk, actor=ann, of=two, at=LATER),
                lambda one=one, two=two: acts.mark_duplicate(two.pk, actor=ben, of=one, at=LATER),
            )
            assert sorted(isinstance(result, Case) for result in results) == [False, True]


class TestTransitions:
    def test_are_these(self):
        living = {"open", "acknowledged", "snoozed", "ignored", "duplicate"}
        assert {
            "acknowledge": ({"open"}, "acknowledged"),
            "give_back": ({"acknowledged"}, "open"),
            "snooze": ({"open", "acknowledged"}, "snoozed"),
            "ignore": ({"open", "acknowledged", "snoozed"}, "ignored"),
            "wake": ({"snoozed", "ignored"}, "open"),
            "mark_duplicate": ({"open", "acknowledged", "snoozed"}, "duplicate"),
            "separate": ({"duplicate"}, "open"),
            "resolve": (living, "resolved"),
            "reopen": ({"resolved"}, "open"),
        } == Case.TRANSITIONS
