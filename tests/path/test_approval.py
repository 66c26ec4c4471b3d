"""From a draft in Odoo to a decision and back."""

import pytest

from approvals import services as approvals
from cockpit import audit, outbox
from integrations.odoo.client import RefusedError
from tests.path.cockpit import BIG, SMALL, TABLE

WAITING = "Waiting for approval in the cockpit"


class TestTheGuard:
    def test_refuses_an_invoice_that_was_made_and_posted_while_nobody_pulled(self, cockpit):
        invoice = cockpit.draft(BIG, by="ben")
        with pytest.raises(RefusedError, match=WAITING):
            cockpit.odoo.post(invoice, by="ben")
        assert cockpit.odoo.move(invoice)["state"] == "draft"
        cockpit.pull()
        cockpit.work()
        assert cockpit.request(invoice).state == "pending"

    def test_lets_a_small_one_pass_untouched(self, cockpit):
        invoice = cockpit.draft(SMALL)
        cockpit.odoo.post(invoice, by="ben")
        cockpit.pull()
        cockpit.work()
        assert cockpit.mirrored(invoice).odoo_state == "posted"
        assert cockpit.requests(invoice) == []
        assert cockpit.odoo.move(invoice, "x_cockpit_release")["x_cockpit_release"] is False
        assert cockpit.notes(invoice) == []

    def test_lets_another_company_pass_that_has_no_limit(self, cockpit):
        invoice = cockpit.draft(BIG, by="frank", company="us")
        cockpit.odoo.post(invoice, by="frank")
        assert cockpit.odoo.move(invoice)["state"] == "posted"


class TestAnApproval:
    def test_posts_the_invoice_in_odoo_and_tells_who_when_and_by_which_policy(self, cockpit):
        invoice, request = cockpit.asked()
        assert (request.unit, request.requester) == (cockpit.units["de"], cockpit.person("ben"))
        assert cockpit.person("ben").pk in request.barred_persons
        cockpit.decide(request, "ann")
        cockpit.settle()
        cockpit.work()
        request.refresh_from_db()
        assert request.state == "approved"
        move = cockpit.odoo.move(invoice)
        assert move["state"] == "posted"
        post = cockpit.effects(request)["post"]
        assert (post.outcome, post.result["values"]["name"]) == ("verified", move["name"])
        assert {one.kind for one in outbox.status(request.audit_subject)} == {"done"}
        [note] = cockpit.notes(invoice)
        assert all(words in note for words in ("Approved by Ann", "Invoice release v", f"[{request.number}/1]"))
        assert audit.verify() == []

    def test_does_nothing_in_odoo_while_it_can_be_undone(self, cockpit):
        invoice, request = cockpit.asked()
        cockpit.decide(request, "ann")
        cockpit.work()
        approvals.undo(request.pk, actor=cockpit.person("ann"), at=cockpit.now)
        cockpit.settle()
        cockpit.work()
        assert cockpit.odoo.move(invoice, "state", "x_cockpit_release") == {
            "id": invoice,
            "state": "draft",
            "x_cockpit_release": False,
        }
        assert cockpit.effects(request) == {}


class TestARejection:
    def test_leaves_the_draft_with_the_reason_in_its_chatter(self, cockpit):
        invoice, request = cockpit.asked()
        cockpit.decide(request, "dan", "reject", note="The second milestone is not signed off.")
        cockpit.settle()
        cockpit.work()
        assert cockpit.odoo.move(invoice)["state"] == "draft"
        [note] = cockpit.notes(invoice)
        assert "The second milestone is not signed off." in note
        assert f"[{request.number}/1]" in note
        with pytest.raises(RefusedError, match=WAITING):
            cockpit.odoo.post(invoice, by="ben")


class TestWhatNobodyIsAskedAbout:
    def test_but_the_guard_holds_is_released_at_once(self, cockpit):
        when = "when: [{fact: overdue, op: '>', value: 500, currency: EUR}], ask: [{role: finance, within: 4 h}]"
        row = "  - {name: Late payers, unit: Halden & Roth GmbH, " + when + "}\n"
        cockpit.publish(TABLE.replace("  - name: Everything", row + "  - name: Everything"))
        try:
            invoice = cockpit.draft(SMALL)
            with pytest.raises(RefusedError, match=WAITING):
                cockpit.odoo.post(invoice, by="ben")
            cockpit.pull()
            cockpit.work()
            assert cockpit.requests(invoice) == []
            cockpit.odoo.post(invoice, by="ben")
            assert cockpit.odoo.move(invoice)["state"] == "posted"
        finally:
            cockpit.publish(TABLE)
