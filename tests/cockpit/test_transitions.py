from datetime import timedelta
from decimal import Decimal

import pytest
from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from cockpit import audit
from cockpit.audit.models import Entry, PersonRef
from cockpit.exception_queue import open_case
from cockpit.exception_queue.models import Case
from cockpit.transitions import TransitionError, advance, advance_all, move
from tests.cockpit.fakes import MONDAY, at_once

pytestmark = pytest.mark.django_db
LATER = MONDAY + timedelta(hours=1)


def case(fingerprint="a", **more):
    return open_case(fingerprint, kind="test", title="Something", at=MONDAY, **more)


def resolve(one, **more):
    advance(
        one, "resolve", **{"actor": "system:test", "at": LATER, "closed_at": LATER, "closed_because": "done", **more}
    )


class TestAdvance:
    def test_moves_the_row_and_what_changes_with_it(self):
        one = case()
        resolve(one)
        stored = Case.objects.get()
        assert (one.state, one.closed_at) == (stored.state, stored.closed_at) == ("resolved", LATER)

    def test_records_who_did_what(self, ann):
        one = case()
        advance(one, "acknowledge", actor=ann, at=LATER, note="I look at it.", data={"page": 2}, owner=ann)
        entry = Entry.objects.get(subject=f"exception_queue.case:{one.pk}", seq=2)
        owner = f"person:{PersonRef.objects.get().ref}"
        assert (entry.verb, entry.actor, entry.at) == ("exception_queue.case.acknowledge", owner, LATER)
        assert entry.data == {
            "from": "open",
            "to": "acknowledged",
            "note": "I look at it.",
            "changes": {"owner": owner},
            "page": 2,
        }

    def test_keeps_what_a_person_wrote_beside_the_entry_and_not_once_more_in_a_column(self, ann):
        one = case()
        advance(one, "resolve", actor=ann, at=LATER, words={"note": "Done."}, closed_at=LATER, closed_because="Done.")
        entry = Entry.objects.get(verb="exception_queue.case.resolve")
        assert "Done." not in str(entry.data)
        assert set(entry.data["changes"]) == {"closed_at"}
        assert audit.spoken([entry])[entry.pk] == {"note": "Done."}

    def test_records_the_state_it_really_came_from(self):
        one = case()
        stale = Case.objects.get()
        advance(one, "acknowledge", actor="system:test", at=MONDAY)
        resolve(stale)
        assert Entry.objects.get(verb="exception_queue.case.resolve").data["from"] == "acknowledged"

    def test_records_the_value_of_an_expression(self):
        one = case()
        advance(one, "acknowledge", actor="system:test", at=LATER, occurrences=F("occurrences") + 4)
        assert Entry.objects.get(seq=2).data["changes"] == {"occurrences": 5}

    def test_brings_a_stale_object_in_step_with_all_that_is_stored(self):
        one = case()
        stale = Case.objects.get()
        Case.objects.update(title="Something else", occurrences=7)
        advance(stale, "acknowledge", actor="system:test", at=LATER, money="12.5", currency="EUR")
        stored = Case.objects.get()
        names = [field.attname for field in Case._meta.concrete_fields]
        assert [getattr(stale, name) for name in names] == [getattr(stored, name) for name in names]
        assert (stale.title, stale.money) == ("Something else", Decimal("12.50"))
        assert Entry.objects.get(seq=2).data["changes"] == {"money": "12.50", "currency": "EUR"}
        resolve(one)
        assert one.title == "Something else"

    def test_records_what_led_to_it_before_it(self, ann):
        one = case()
        led = audit.Act(f"exception_queue.case:{one.pk}", "exception_queue.case.comment", {"page": 2})
        advance(one, "acknowledge", actor=ann, at=LATER, after=[led])
        verbs = Entry.objects.order_by("seq").values_list("verb", flat=True)
        assert list(verbs)[-2:] == ["exception_queue.case.comment", "exception_queue.case.acknowledge"]
        assert audit.verify() == []

    def test_refuses_from_another_state_and_says_which(self):
        one = case()
        resolve(one)
        with pytest.raises(
            TransitionError, match=r"is resolved; 'acknowledge' is possible only from open\."
        ) as refused:
            advance(one, "acknowledge", actor="system:test", at=LATER)
        assert refused.value.current == "resolved"
        assert Entry.objects.count() == 2

    def test_refuses_a_row_that_is_gone(self):
        one = case()
        gone = Case(pk=one.pk)
        Case.objects.all().delete()
        with pytest.raises(TransitionError, match="does not exist any more"):
            resolve(gone)

    def test_changes_nothing_when_the_act_cannot_be_recorded(self):
        one = case()
        with pytest.raises(audit.AuditError):
            resolve(one, data={"rate": 0.5})
        assert Case.objects.get().state == "open"

    def test_refuses_an_action_that_is_not_in_the_table(self):
        with pytest.raises(ImproperlyConfigured, match=r"no action 'resolv'; it has acknowledge, give_back"):
            advance(case(), "resolv", actor="system:test", at=LATER)

    def test_refuses_a_table_with_a_state_that_does_not_exist(self, monkeypatch):
        monkeypatch.setattr(Case, "TRANSITIONS", {"close": ({"opn"}, "resolved")})
        move.cache_clear()
        with pytest.raises(ImproperlyConfigured, match=r"'close' names unknown states \['opn'\]"):
            advance(case(), "close", actor="system:test", at=LATER)
        move.cache_clear()

    @pytest.mark.django_db(transaction=True)
    def test_is_won_by_one_when_many_act_at_once(self, rounds):
        for number in range(rounds):
            one = case(str(number))
            results = at_once(*[lambda one=one: resolve(Case.objects.get(pk=one.pk))] * 4)
            assert sorted(type(result).__name__ for result in results) == ["NoneType"] + ["TransitionError"] * 3
            assert Entry.objects.filter(subject=f"exception_queue.case:{one.pk}", verb__endswith="resolve").count() == 1


class TestAdvanceAll:
    def test_moves_what_the_action_allows_and_audits_each(self, ann):
        cases = [case(str(number)) for number in range(4)]
        resolve(cases[1])
        moved = advance_all(Case.objects.all(), "acknowledge", actor=ann, at=LATER, owner=ann)
        assert moved == [cases[0].pk, cases[2].pk, cases[3].pk]
        assert set(Case.objects.filter(pk__in=moved).values_list("state", "owner")) == {("acknowledged", ann.pk)}
        acts = Entry.objects.filter(verb="exception_queue.case.acknowledge")
        assert [entry.subject for entry in acts] == [f"exception_queue.case:{pk}" for pk in moved]
        assert acts[0].data["changes"]["owner"].startswith("person:")
        assert advance_all(Case.objects.all(), "acknowledge", actor=ann, at=LATER) == []

    def test_records_for_each_row_the_value_of_an_expression(self):
        for fingerprint in ("a", "b", "b"):
            case(fingerprint)
        advance_all(Case.objects.all(), "acknowledge", actor="system:test", at=LATER, occurrences=F("occurrences") + 4)
        acts = Entry.objects.filter(verb="exception_queue.case.acknowledge").order_by("pk")
        assert [entry.data["changes"] for entry in acts] == [{"occurrences": 5}, {"occurrences": 6}]

    def test_takes_the_same_queries_for_two_and_for_fifty(self, ann):
        def queries(number):
            for one in range(number):
                case(f"{number}-{one}")
            with CaptureQueriesContext(connection) as captured:
                advance_all(Case.objects.all(), "acknowledge", actor=ann, at=LATER, owner=ann)
            return len(captured)

        queries(1)  # Ann's first act makes her reference
        assert queries(2) == queries(30)

    @pytest.mark.django_db(transaction=True)
    def test_shares_the_rows_with_another_that_runs_at_once(self):
        pks = [case(str(number)).pk for number in range(20)]
        sweep = lambda: advance_all(Case.objects.all(), "acknowledge", actor="system:test", at=LATER)  # noqa: E731
        moved = at_once(sweep, sweep, sweep)
        assert sorted(pk for part in moved for pk in part) == pks


class TestTables:
    def test_name_only_states_that_exist(self):
        tables = [model for model in apps.get_models() if hasattr(model, "TRANSITIONS")]
        models = [
            model for model in tables if model._meta.app_label != "time"
        ]  # below: clocks have a door of their own
        assert Case in models
        for model in models:
            for action in model.TRANSITIONS:
                move(model, action)
