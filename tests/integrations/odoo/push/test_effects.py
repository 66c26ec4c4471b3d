"""The builders of effects. What each does in Odoo, the live suite shows; what the sandbox knows, is tried here."""

from datetime import timedelta

import pytest

from cockpit import outbox
from cockpit.exception_queue.models import Case
from cockpit.outbox.models import Message
from integrations.mirror.models import UsedId
from integrations.odoo.push import effects, plan
from tests.integrations.odoo.push.pushes import AT

KEY = "R-42/1"
BUILT = {
    "set_fields": effects.set_fields("res.partner", 7, {"ref": "B"}, before={"ref": "A"}),
    "release": effects.release("account.move", 7, "1|EUR", expect=[]),
    "confirm_order": effects.confirm_order(7, expect=[effects.stands("sale.order", 7, {"amount_total": "300.00"})]),
    "create": effects.create("res.partner", {"name": "Brandt AG"}, key=KEY, what="client"),
    "create_task": effects.create_task(7, "Kick-off", key=KEY),
    "project_from_template": effects.project_from_template(7, {"name": "Migration"}, key=KEY),
    "schedule_activity": effects.schedule_activity("sale.order", 7, key=KEY, summary="Call", user=2, due="2026-12-01"),
    "post_note": effects.post_note("sale.order", 7, f"Approved [{KEY}]", key=KEY),
    "invoice_order": effects.invoice_order(7, known=[3]),
}


class TestABuilder:
    @pytest.mark.parametrize("kind", BUILT)
    def test_writes_a_push_that_can_tell_when_it_is_done(self, kind):
        push = plan.read(BUILT[kind])
        assert push.goal or push.creates
        assert plan.looks(push)

    def test_makes_external_ids_of_our_own_module(self):
        assert effects.xmlid("R-1042/1", "task") == "cockpit_push.r_1042_1_task"

    def test_gives_load_texts(self):
        payload = effects.create("res.partner", {"name": "A", "active": True, "ref": None, "x": 7}, key=KEY, what="c")
        kwargs = payload["call"]["kwargs"]
        assert dict(zip(kwargs["fields"], kwargs["data"][0], strict=True)) == {
            "id": "cockpit_push.r_42_1_c", "name": "A", "active": "1", "ref": "", "x": "7"
        }  # fmt: skip

    def test_refuses_a_note_that_could_not_be_found_again(self):
        with pytest.raises(ValueError, match="looked for by its key"):
            effects.post_note("sale.order", 7, "Approved", key=KEY)

    def test_refuses_half_of_a_projects_dates(self):
        with pytest.raises(ValueError, match="both date_start and date"):
            effects.project_from_template(7, {"name": "M", "date_start": "2026-12-01"}, key=KEY)


def put(payload, key):
    return outbox.put("odoo.push", destination="odoo", subject=key, payload=payload, key=key, at=AT)


def work_on(after_s=0):
    outbox.drain(AT + timedelta(seconds=after_s), limit=20)


def standings():
    return list(Message.objects.filter(handler="odoo.push").order_by("pk").values_list("state", "outcome"))


@pytest.mark.django_db
class TestARecordThatIsMade:
    @pytest.fixture
    def payload(self):
        return effects.create("res.partner", {"name": "Brandt AG 42"}, key=KEY, what="client")

    def count(self, bed):
        return bed.admin.call("res.partner", "search_count", domain=[["name", "=", "Brandt AG 42"]])

    def test_is_made_once_however_often_it_is_asked_for(self, bed, payload):
        put(payload, "first"), put(payload, "second")
        work_on()
        assert standings() == [("done", "verified")] * 2
        assert (self.count(bed), bed.count("load")) == (1, 1)

    @pytest.mark.parametrize("kind", ["drop", "half", "garbage", "500"])
    def test_is_made_once_whatever_the_answer_was(self, bed, payload, kind):
        bed.fault(kind, method="load")
        put(payload, "first")
        for after_s in (0, 10, 20, 200):
            work_on(after_s)
        assert standings() == [("done", "verified")]
        assert self.count(bed) == 1

    def test_is_not_made_again_once_it_was_deleted(self, bed, payload):
        first = put(payload, "first")
        work_on()
        first.refresh_from_db()
        bed.admin.call("res.partner", "unlink", [first.result["values"]["found"]])
        put(payload, "second")
        work_on(after_s=1)
        assert standings() == [("done", "verified"), ("done", "refused")]
        assert (self.count(bed), bed.count("load")) == (0, 1)
        assert UsedId.objects.get().odoo_id == first.result["values"]["found"]
        assert Case.objects.get().detail["reason"] == "gone"

    def test_that_odoo_does_not_take_is_a_dead_letter_with_its_words(self, bed):
        put(effects.create("res.partner", {"name": ""}, key=KEY, what="nobody"), "first")
        work_on()
        assert standings() == [("dead", "refused")]
        assert "require a name" in Message.objects.get().last_error
        assert Case.objects.get().kind == "outbox.refused"
