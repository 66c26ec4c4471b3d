from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from cockpit.accounts.models import Unit
from cockpit.audit.models import Entry
from cockpit.exception_queue import CaseError, clear_case, open_case
from cockpit.exception_queue.models import Case
from cockpit.transitions import advance
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
        advance(seen(), "ignore", actor="system:test", at=MONDAY)
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


class TestTransitions:
    def test_are_these(self):
        assert {
            "acknowledge": ({"open"}, "acknowledged"),
            "resolve": ({"open", "acknowledged"}, "resolved"),
            "ignore": ({"open", "acknowledged"}, "ignored"),
            "reopen": ({"resolved", "ignored"}, "open"),
        } == Case.TRANSITIONS
