from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from cockpit import audit
from cockpit.accounts.models import User
from cockpit.audit.models import Entry, Head, PersonRef
from tests.cockpit.fakes import MONDAY, at_once

pytestmark = pytest.mark.django_db


def record(subject="case:1", verb="case.open", **more):
    return audit.record(subject, verb, **{"actor": "system:test", "at": MONDAY, **more})


class TestRecord:
    def test_chains_the_entries_of_a_subject(self):
        first, second, other = record(), record(), record("case:2")
        assert (first.seq, second.seq, other.seq) == (1, 2, 1)
        assert second.prev_hash == first.hash
        assert other.prev_hash == first.prev_hash == "0" * 64
        head = Head.objects.get(subject="case:1")
        assert (head.seq, head.hash) == (2, second.hash)

    def test_hashes_what_the_database_gives_back(self, ann):
        data = {
            "amount": Decimal("1200.50"),
            "days": 3,
            "when": MONDAY,
            "note": "Größe ‘ok’ \U0001f600",
            "rows": [{"b": 1, "a": None}],
        }
        record(actor=ann, for_person=ann, data=data)
        assert Entry.objects.get().data["amount"] == "1200.50"
        assert audit.verify() == []

    def test_goes_away_with_the_act_it_belongs_to(self):
        with transaction.atomic():
            record()
            transaction.set_rollback(True)
        assert not Entry.objects.exists()
        assert not Head.objects.exists()

    @pytest.mark.django_db(transaction=True)
    def test_refuses_to_stand_outside_a_transaction(self):
        with pytest.raises(audit.AuditError, match="one transaction"):
            record()

    @pytest.mark.parametrize(
        ("data", "says"),
        [
            ({"rate": 1.5}, r"data.rate is 1.5 \(float\)"),
            ({"rows": [{"x": {1, 2}}]}, r"data.rows\[0\].x is"),
            ({1: "x"}, "keys are text"),
            ({"text": "a\x00b"}, "cannot be stored"),
            ({"text": "\ud800"}, "cannot be stored"),
            ({"when": datetime(2026, 1, 1)}, "has no zone"),  # noqa: DTZ001
            ({"sum": Decimal("NaN")}, "no exact text"),
        ],
    )
    def test_refuses_data_without_an_exact_text(self, data, says):
        with pytest.raises(audit.AuditError, match=says):
            record(data=data)

    @pytest.mark.parametrize("actor", ["settle", "person:0", "", None, object()])
    def test_refuses_an_actor_who_is_nobody(self, actor):
        with pytest.raises(audit.AuditError):
            record(actor=actor)

    def test_refuses_a_sign_in_as_actor(self):
        with pytest.raises(audit.AuditError, match=r"user\.person"):
            record(actor=User.objects.create_user("ann@example.com"))

    def test_takes_the_same_queries_for_one_subject_and_a_hundred(self, ann):
        record(actor=ann)
        with CaptureQueriesContext(
            connection,
        ) as one:
            record(actor=ann)
        acts = [audit.Act(f"case:{number}", "case.clear") for number in range(100)]
        with CaptureQueriesContext(connection) as many:
            audit.record_all(acts, actor=ann, at=MONDAY)
        assert len(one) == 3  # person, head, entry with head
        assert len(many) <= 8  # and savepoints round the bulk inserts
        assert audit.verify() == []

    @pytest.mark.django_db(transaction=True)
    def test_keeps_one_chain_when_many_act_at_once(self, rounds):
        def act():
            for _ in range(10):
                with transaction.atomic():
                    record()

        assert at_once(*[act] * 6) == [None] * 6
        assert sorted(Entry.objects.values_list("seq", flat=True)) == list(range(1, 61))
        assert audit.verify() == []

    @pytest.mark.django_db(transaction=True)
    def test_knows_a_person_once_when_two_record_their_first_act(self, ann):
        def act():
            with transaction.atomic():
                return record(f"case:{id(object())}", actor=ann).actor

        first, second = at_once(act, act)
        assert first == second
        assert PersonRef.objects.count() == 1


class TestPersons:
    def test_have_one_reference_that_does_not_tell_who(self, ann, ben):
        first, second, third = record(actor=ann), record(actor=ben, for_person=ann), record(actor=ann)
        assert first.actor == second.for_person == third.actor != second.actor
        assert "Ann" not in first.actor
        assert str(ann.pk) != first.actor.removeprefix("person:")

    def test_keep_their_newest_name(self, ann):
        record(actor=ann)
        ann.name = "Ann Berg"
        record(actor=ann)
        assert PersonRef.objects.get().display_name == "Ann Berg"

    def test_can_be_erased_and_the_chain_still_verifies(self, ann, ben):
        entry = record(actor=ann)
        audit.erase_person(ann.pk, actor=ben, at=MONDAY + timedelta(days=1))
        audit.erase_person(ann.pk, actor=ben, at=MONDAY + timedelta(days=1))
        known = PersonRef.objects.get(ref=entry.actor.removeprefix("person:"))
        assert (known.person_id, known.salt, known.display_name) == (None, "", "")
        assert Entry.objects.filter(verb="audit.person.erase").count() == 1
        assert audit.verify() == []

    def test_get_a_new_reference_after_erasure(self, ann):
        before = record(actor=ann).actor
        audit.erase_person(ann.pk, actor="system:test", at=MONDAY)
        assert record(actor=ann).actor != before
