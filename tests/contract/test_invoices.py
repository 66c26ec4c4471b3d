"""Customer invoices: drafts, posting, and notes on them."""

import re

import pytest

from integrations.odoo.client import AccessRefusedError, RefusedError
from tests.contract.world import unique


class TestDraft:
    def test_has_no_number_and_adds_up_its_lines(self, odoo):
        lines = [odoo.line(1000.0, quantity=3, discount=10.0), odoo.line(0.335), odoo.line(50.0, quantity=-1)]
        move = odoo.move(
            odoo.invoice(lines=lines), "name", "state", "amount_total", "amount_total_signed", "payment_state"
        )
        assert (move["name"], move["state"], move["payment_state"]) == (False, "draft", "not_paid")
        assert (move["amount_total"], move["amount_total_signed"]) == (2650.34, 2650.34)

    def test_belongs_to_its_company_in_that_companys_currency(self, odoo):
        move = odoo.move(odoo.invoice(company="us"), "company_id", "currency_id")
        assert move == {"id": move["id"], "company_id": odoo.companies["us"], "currency_id": odoo.currency("USD")}

    def test_in_another_currency_keeps_the_companys_amount(self, odoo):
        invoice = odoo.invoice(lines=[odoo.line(1100.0)], currency_id=odoo.currency("USD"))
        move = odoo.move(invoice, "amount_total", "amount_total_signed", "invoice_currency_rate")
        assert move["amount_total"] == 1100.0
        assert move["amount_total_signed"] == pytest.approx(1100.0 / move["invoice_currency_rate"], abs=0.01)
        assert move["invoice_currency_rate"] != 1

    def test_has_product_lines_and_texts(self, odoo):
        note = [0, 0, {"display_type": "line_note", "name": "Thank you"}]
        invoice = odoo.invoice(lines=[odoo.line(10.0, product_id=odoo.product), note])
        rows = odoo.client.search_read(
            "account.move.line",
            [("move_id", "=", invoice), ("display_type", "in", ["product", "line_note"])],
            ["display_type", "product_id", "name", "price_subtotal", "move_id"],
            order="sequence,id",
        )
        assert [(r["display_type"], r["product_id"], r["price_subtotal"]) for r in rows] == [
            ("product", odoo.product, 10.0),
            ("line_note", False, 0.0),
        ]

    def test_can_be_deleted(self, odoo):
        invoice = odoo.invoice()
        odoo.client.call("account.move", "unlink", [invoice])
        assert odoo.client.search_read("account.move", [("id", "=", invoice)], ["id"]) == []

    def test_credit_notes_count_negative(self, odoo):
        move = odoo.move(odoo.invoice(80, move_type="out_refund"), "amount_total", "amount_total_signed")
        assert (move["amount_total"], move["amount_total_signed"]) == (80.0, -80.0)


class TestPost:
    def test_gives_a_number_once(self, odoo):
        invoice = odoo.invoice(250)
        odoo.post(invoice)
        move = odoo.move(invoice, "state", "name", "amount_residual", "invoice_date_due")
        assert move["state"] == "posted"
        assert re.fullmatch(r"INV/2026/\d+", move["name"])
        assert (move["amount_residual"], bool(move["invoice_date_due"])) == (250.0, True)
        with pytest.raises(RefusedError):
            odoo.post(invoice)
        assert odoo.move(invoice)["name"] == move["name"]

    def test_of_two_companies_counts_apart(self, odoo):
        invoices = [odoo.invoice(10, company="de"), odoo.invoice(10, company="us")]
        for invoice in invoices:
            odoo.post(invoice)
        assert [odoo.move(invoice)["state"] for invoice in invoices] == ["posted", "posted"]

    def test_is_refused_without_lines_or_partner(self, odoo):
        empty = odoo.client.call(
            "account.move", "create", vals_list=[{"move_type": "out_invoice", "partner_id": odoo.partner()}]
        )[0]
        with pytest.raises(RefusedError):
            odoo.post(empty)
        with pytest.raises(RefusedError):
            odoo.post(odoo.invoice(partner_id=False))

    def test_locks_its_content_until_it_is_draft_again(self, odoo):
        invoice = odoo.invoice(70)
        odoo.post(invoice)
        line = odoo.lines(invoice)[0]["id"]
        changes = [{"invoice_line_ids": [[1, line, {"price_unit": 7000.0}]]}, {"partner_id": odoo.partner()}]
        for vals in changes:
            with pytest.raises(RefusedError, match="posted"):
                odoo.client.call("account.move", "write", [invoice], vals=vals)
        with pytest.raises(RefusedError):
            odoo.client.call("account.move", "unlink", [invoice])
        odoo.client.call("account.move", "button_draft", [invoice])
        odoo.client.call("account.move.line", "write", [line], vals={"price_unit": 71.0})
        assert odoo.move(invoice, "state", "amount_total") == {"id": invoice, "state": "draft", "amount_total": 71.0}

    def test_can_be_given_up(self, odoo):
        invoice = odoo.invoice()
        odoo.client.call("account.move", "button_cancel", [invoice])
        assert odoo.move(invoice)["state"] == "cancel"

    def test_needs_the_right(self, odoo):
        with pytest.raises(AccessRefusedError):
            odoo.as_user("eve").call("account.move", "action_post", [odoo.invoice()])


class TestMessagePost:
    def test_leaves_a_note_that_is_found_by_its_key(self, odoo):
        invoice, key = odoo.invoice(), unique("[R-1042]")
        odoo.client.call(
            "account.move",
            "message_post",
            [invoice],
            body=f"Approved by Ann <b>Albers</b> {key}",
            message_type="comment",
            subtype_xmlid="mail.mt_note",
        )
        domain = [["model", "=", "account.move"], ["res_id", "=", invoice], ["body", "ilike", key]]
        notes = odoo.client.search_read("mail.message", domain, ["body", "author_id", "message_type"])
        me = odoo.client.search_read("res.users", [("id", "=", odoo.client.uid)], ["partner_id"])[0]["partner_id"]
        assert [(n["author_id"], n["message_type"]) for n in notes] == [(me, "comment")]
        assert "&lt;b&gt;Albers&lt;/b&gt;" in notes[0]["body"]
        other = [*domain[:2], ["body", "ilike", unique("[R-1042]")]]
        assert odoo.client.search_read("mail.message", other, ["id"]) == []
