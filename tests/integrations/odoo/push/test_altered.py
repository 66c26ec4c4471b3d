"""Somebody altered in Odoo what was decided on: nothing is overwritten, and a person says which value holds."""

import threading
from datetime import timedelta

import pytest
from django.db import connection as database

from cockpit import audit, outbox
from cockpit.audit.models import Entry
from cockpit.exception_queue.acts import CaseRefusedError, ReasonMissingError
from cockpit.exception_queue.models import Case
from cockpit.exception_queue.repairs import run_repair
from cockpit.outbox.models import Message
from integrations.odoo.push import altered, effects
from tests import cast
from tests.integrations.odoo.push.pushes import AT

NOTE = "Agreed with the client."


def put(bed, payload, key="R-42/1/ref"):
    subject = f"account.move:{bed.invoice}"
    return outbox.put("odoo.push", destination="odoo", subject=subject, payload=payload, key=key, at=AT)


def set_ref(bed, ours="PO 7", before=False, expect=()):
    return effects.set_fields("account.move", bed.invoice, {"ref": ours}, before={"ref": before}, expect=expect)


def somebody_writes(bed, **values):
    bed.admin.call("account.move", "write", [bed.invoice], vals=values)


def ref(bed):
    return bed.admin.search_read("account.move", [["id", "=", bed.invoice]], ["ref"])[0]["ref"]


def work_on(after_s=0):
    outbox.drain(AT + timedelta(seconds=after_s), limit=20)


@pytest.fixture
def mia(db):
    return cast.firm()["mia"]


@pytest.fixture
def case(bed, mia):
    """Ours was PO 7, decided over nothing; somebody wrote PO 8."""
    somebody_writes(bed, ref="PO 8")
    put(bed, set_ref(bed))
    work_on()
    return Case.objects.get(kind="push.altered")


def repair(case, key, actor, note=NOTE, after_s=10):
    return run_repair(case.pk, key, actor=actor, at=AT + timedelta(seconds=after_s), note=note)


@pytest.mark.django_db
class TestAnAlteredValue:
    def test_is_not_overwritten_and_its_case_has_both_values(self, bed, case):
        assert ref(bed) == "PO 8"
        assert bed.count("write") == 1  # somebody's
        [row] = altered.records(case)
        assert row.label == "ref"
        assert row.detail == "Decided: PO 7 · in Odoo now: PO 8 · when it was decided: –"
        assert row.url.endswith(f"/odoo/account.move/{bed.invoice}")

    def test_is_kept_with_a_reason(self, bed, case, mia):
        with pytest.raises(ReasonMissingError):
            repair(case, "keep", mia, note=" ")
        repair(case, "keep", mia)
        case.refresh_from_db()
        assert (case.state, case.closed_because, ref(bed)) == ("resolved", NOTE, "PO 8")
        assert Entry.objects.filter(verb="exception_queue.case.keep").count() == 1

    def test_is_written_over_through_the_outbox_with_a_reason(self, bed, case, mia):
        with pytest.raises(ReasonMissingError):
            repair(case, "ours", mia, note="")
        repair(case, "ours", mia)
        case.refresh_from_db()
        assert (case.state, ref(bed)) == ("open", "PO 8")  # not before it is done
        work_on(after_s=20)
        case.refresh_from_db()
        assert (case.state, ref(bed)) == ("resolved", "PO 7")
        entry = Entry.objects.get(verb="exception_queue.case.ours")
        assert audit.spoken([entry])[entry.pk] == {"note": NOTE}
        assert entry.data["over"][0]["actual"] == "PO 8"

    def test_that_is_altered_once_more_is_not_overwritten_either(self, bed, case, mia):
        repair(case, "ours", mia)
        somebody_writes(bed, ref="PO 9")
        work_on(after_s=20)
        assert ref(bed) == "PO 9"
        same = Case.objects.get(kind="push.altered")
        assert (same.pk, same.state) == (case.pk, "open")
        assert "in Odoo now: PO 9" in altered.records(same)[0].detail
        repair(same, "ours", mia, after_s=30)
        work_on(after_s=40)
        assert ref(bed) == "PO 7"
        keys = list(Message.objects.filter(handler="odoo.push").order_by("pk").values_list("key", flat=True))
        assert keys == ["R-42/1/ref", "R-42/1/again-1/ref", "R-42/1/again-2/ref"]

    def test_is_asked_for_once_by_a_double_click(self, bed, case, mia):
        repair(case, "ours", mia)
        for key in ("ours", "keep"):
            with pytest.raises(CaseRefusedError) as caught:
                repair(case, key, mia)
            assert str(caught.value.sentence) == "It was asked for, and waits for its turn."
        assert Message.objects.filter(key__contains="again").count() == 1

    def test_that_is_as_decided_by_now_is_no_case(self, bed, db):
        somebody_writes(bed, ref="PO 7")
        message = put(bed, set_ref(bed))
        work_on()
        message.refresh_from_db()
        assert (message.outcome, Case.objects.count()) == ("verified", 0)


@pytest.mark.django_db
class TestWhatElseMoved:
    def test_is_never_written_over(self, bed, mia):
        expect = [effects.stands("account.move", bed.invoice, {"amount_total": "1.00"})]
        put(bed, set_ref(bed, expect=expect))
        work_on()
        case = Case.objects.get(kind="push.altered")
        assert "decided anew" in altered.why(case)
        with pytest.raises(CaseRefusedError):
            repair(case, "ours", mia)
        assert ref(bed) is False

    def test_is_no_case_where_people_are_asked_anew(self, bed, db):
        somebody_writes(bed, ref="PO 8")
        put(bed, {**set_ref(bed), "asks_anew": True})
        work_on()
        assert not Case.objects.exists()

    def test_a_deleted_record_is_a_case_that_can_only_be_kept(self, bed, mia):
        bed.admin.call("account.move", "unlink", [bed.invoice])
        put(bed, set_ref(bed))
        work_on()
        case = Case.objects.get(kind="push.altered")
        assert "was deleted in Odoo" in altered.title(case)
        with pytest.raises(CaseRefusedError):
            repair(case, "ours", mia)
        repair(case, "keep", mia)


@pytest.mark.django_db(transaction=True)
class TestTwoPeople:
    def test_who_keep_and_write_ours_at_once_get_one_of_both(self, bed, case, mia):
        start, said = threading.Barrier(2), []

        def press(key):
            start.wait()
            try:
                repair(case, key, mia)
                said.append(key)
            except CaseRefusedError:
                said.append("late")
            database.close()

        people = [threading.Thread(target=press, args=[key]) for key in ("keep", "ours")]
        for one in people:
            one.start()
        for one in people:
            one.join(30)
        assert sorted(said, key=lambda one: one == "late")[1] == "late"
        work_on(after_s=20)
        assert ref(bed) == ("PO 8" if "keep" in said else "PO 7")


class TestKeys:
    def test_end_in_the_name_of_the_effect(self):
        assert altered.again("R-42/1/rate", 1) == "R-42/1/again-1/rate"
        assert altered.again("R-42/1/again-1/rate", 2) == "R-42/1/again-2/rate"
        assert altered.root("R-42/1/again-2/rate") == "R-42/1/rate"
