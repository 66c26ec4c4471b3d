"""What moves in Odoo after it was asked about or decided on."""

from datetime import timedelta
from decimal import Decimal

import pytest

from cockpit.exception_queue.models import Case
from integrations.odoo.client import RefusedError
from tests.path.cockpit import BIG, SMALL


class TestAnAmountChangedAfterApproval:
    def test_is_not_pushed_but_asked_again(self, cockpit):
        invoice, request = cockpit.approved(BIG)
        cockpit.change_amount(invoice, 60_000)
        cockpit.work()
        for what in ("release", "post"):
            message = cockpit.effects(request)[what]
            assert (message.outcome, message.result["reason"]) == ("refused", "changed")
            assert {row["field"] for row in message.result["differences"]} == {"amount_total", "price_unit"}
        assert cockpit.odoo.move(invoice)["state"] == "draft"
        cockpit.read_again()
        request.refresh_from_db()
        assert request.state == "pending"
        cockpit.decide(request, "dan")
        cockpit.settle()
        cockpit.work()
        assert cockpit.odoo.move(invoice, "state", "amount_total") == {
            "id": invoice,
            "state": "posted",
            "amount_total": 60_000.0,
        }
        assert len(cockpit.notes(invoice)) == 2  # each decision left its own

    def test_to_the_same_number_of_another_currency_is_asked_again(self, cockpit):
        invoice, request = cockpit.approved(BIG)
        dollars = {"currency_id": cockpit.odoo.currency("USD")}
        cockpit.odoo.as_user("ben").call("account.move", "write", [invoice], vals=dollars)
        cockpit.work()
        post = cockpit.effects(request)["post"]
        assert [row["field"] for row in post.result["differences"]] == ["currency_id"]
        cockpit.pull()
        cockpit.work()
        request.refresh_from_db()
        assert request.state == "pending"

    def test_after_the_release_is_refused_by_odoo_itself(self, cockpit):
        invoice, request = cockpit.approved(BIG)
        while cockpit.effects(request)["release"].state != "done":
            cockpit.run_one()
        cockpit.change_amount(invoice, 60_000)
        with pytest.raises(RefusedError, match="changed after it was approved"):
            cockpit.odoo.post(invoice, by="ben")
        cockpit.work()
        assert cockpit.effects(request)["post"].result["reason"] == "changed"
        cockpit.pull()
        cockpit.work()
        request.refresh_from_db()
        assert request.state == "pending"

    def test_to_one_that_needs_nobody_closes_or_passes(self, cockpit):
        invoice, request = cockpit.asked()
        cockpit.change_amount(invoice, SMALL)
        cockpit.pull()
        cockpit.work()
        request.refresh_from_db()
        assert (request.state, request.closed_reason) == ("closed", "not_required")
        cockpit.odoo.post(invoice, by="ben")
        assert cockpit.odoo.move(invoice)["state"] == "posted"


class TestADraftDeletedAfterApproval:
    def test_is_told_as_gone_without_a_dead_letter(self, cockpit):
        invoice, request = cockpit.approved()
        cockpit.odoo.admin.call("account.move", "unlink", [invoice])
        cockpit.work()
        found = {
            what: (message.state, message.result.get("reason")) for what, message in cockpit.effects(request).items()
        }
        assert found == dict.fromkeys(("release", "post", "note"), ("done", "gone"))


class TestAnEmergencyRelease:
    def test_posts_in_odoo_and_opens_a_review(self, cockpit):
        invoice, request = cockpit.asked()
        values = {"x_cockpit_emergency": "The client pays today or never."}
        cockpit.odoo.as_user("lea").call("account.move", "write", [invoice], vals=values)
        cockpit.odoo.post(invoice, by="lea")
        assert cockpit.odoo.move(invoice)["state"] == "posted"
        cockpit.pull()
        cockpit.work()
        case = cockpit.case(f"invoice.emergency:{invoice}")
        assert case.state == "open"
        assert "The client pays today or never." in case.title
        assert case.due_at - case.first_seen_at == timedelta(days=2)
        assert {cockpit.person("ben").pk, cockpit.person("lea").pk} <= set(case.detail["barred_persons"])
        request.refresh_from_db()
        assert request.state == "closed"


class TestAPostedInvoice:
    def test_that_is_rewritten_afterwards_opens_a_case_until_it_is_as_approved(self, cockpit):
        invoice, _request = cockpit.approved()
        cockpit.work()
        cockpit.pull()
        cockpit.work()
        assert cockpit.odoo.move(invoice)["state"] == "posted"
        assert not Case.objects.filter(fingerprint=f"invoice.altered:{invoice}").exists()
        [line] = cockpit.odoo.lines(invoice)
        cockpit.rename_line(line, "Something else that was never approved")
        cockpit.pull()
        cockpit.work()
        case = cockpit.case(f"invoice.altered:{invoice}")
        assert (case.state, case.money) == ("open", Decimal("48200.00"))
        cockpit.rename_line(line, line["name"])
        cockpit.pull()
        cockpit.work()
        case.refresh_from_db()
        assert case.state == "resolved"
