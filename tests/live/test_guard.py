"""The contract on the real server: guard; and what only a real ledger shows."""

import pytest

from integrations.odoo.client import RefusedError
from tests.contract.test_guard import *  # noqa: F403
from tests.contract.test_guard import BIG, WAITING


class TestForm:
    @pytest.mark.parametrize(("who", "shown"), [("lea", True), ("ben", False)])
    def test_shows_the_emergencys_reason_to_its_group(self, odoo, guarded, who, shown):
        form = odoo.as_user(who).call("account.move", "get_view", view_type="form")
        assert ('name="x_cockpit_emergency"' in form["arch"]) is shown


class TestPosted:
    def test_keeps_its_total_whatever_is_written_on_its_journal_items(self, odoo):
        invoice = odoo.invoice(BIG)
        odoo.release(invoice)
        odoo.post(invoice)
        line = odoo.lines(invoice)[0]["id"]
        with pytest.raises(RefusedError, match=WAITING):
            odoo.as_user("ann").call("account.move.line", "write", [line], vals={"balance": -50000.0})
        assert odoo.move(invoice)["amount_total"] == BIG

    def test_is_held_again_when_it_was_changed_as_a_draft(self, odoo):
        invoice = odoo.invoice(BIG)
        odoo.release(invoice)
        odoo.post(invoice)
        odoo.as_user("ann").call("account.move", "button_draft", [invoice])
        line = odoo.lines(invoice)[0]["id"]
        odoo.as_user("ann").call("account.move.line", "write", [line], vals={"price_unit": 50000.0})
        with pytest.raises(RefusedError, match="changed after it was approved"):
            odoo.post(invoice, by="ann")

    def test_can_still_be_paid(self, odoo):
        invoice = odoo.invoice(BIG)
        odoo.release(invoice)
        odoo.post(invoice)
        context = {"active_model": "account.move", "active_ids": [invoice]}
        wizard = odoo.as_user("ann").call("account.payment.register", "create", vals_list=[{}], context=context)
        odoo.as_user("ann").call("account.payment.register", "action_create_payments", wizard, context=context)
        assert odoo.move(invoice, "payment_state")["payment_state"] in {"paid", "in_payment"}
