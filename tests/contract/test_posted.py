"""What Odoo lets its API do to an invoice that is posted."""


class TestPostedInvoice:
    def test_keeps_its_total_when_a_line_is_rewritten(self, odoo):
        """No rule of Odoo's forbids it over the API: who reads the total alone does not see it."""
        invoice = odoo.invoice(70)
        odoo.post(invoice)
        line = odoo.lines(invoice)[0]["id"]
        odoo.client.call("account.move.line", "write", [line], vals={"price_unit": 7.0, "name": "Other words"})
        assert odoo.move(invoice)["amount_total"] == 70.0
        assert (odoo.lines(invoice)[0]["price_unit"], odoo.lines(invoice)[0]["name"]) == (7.0, "Other words")
