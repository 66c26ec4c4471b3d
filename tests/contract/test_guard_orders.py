"""The guard on quotations: what is held until it is confirmed, what releases it, and what may not be changed after."""

import pytest

from delivery import guards
from integrations.odoo import provision
from integrations.odoo.client import RefusedError
from tests.contract.world import unique

WAITING = "Waiting for approval in the cockpit"


@pytest.fixture(scope="module", autouse=True)
def guarded(odoo):
    """The guard holds discounts above 15 per cent, and is switched off afterwards."""
    odoo.provision()
    odoo.guard_orders("enforce")
    yield
    odoo.guard_orders("off")


def held(odoo, order, by="cockpit"):
    with pytest.raises(RefusedError, match=WAITING) as caught:
        odoo.confirm(order, by)
    assert odoo.order(order)["state"] == "draft"
    return caught.value.text


def change(odoo, order, line=0, **values):
    odoo.client.call("sale.order.line", "write", [odoo.sold_lines(order)[line]["id"]], vals=values)


class TestHeld:
    @pytest.mark.parametrize("who", ["cockpit", "admin"])
    def test_for_everybody(self, odoo, who):
        held(odoo, odoo.quotation(22), by=who)

    def test_also_when_the_state_is_written(self, odoo):
        order = odoo.quotation(22)
        with pytest.raises(RefusedError, match=WAITING):
            odoo.client.call("sale.order", "write", [order], vals={"state": "sale"})

    def test_by_one_line_of_several(self, odoo):
        held(odoo, odoo.quotation(lines=[odoo.sold(5000.0), odoo.sold(100.0, discount=15.5)]))

    def test_says_why_which_kinds_and_where_to_look(self, odoo):
        order = odoo.quotation(22)
        text = held(odoo, order)
        assert "gives away more than may be confirmed" in text
        assert "(discount)" in text
        assert f"https://cockpit.example/orders/{order}" in text

    def test_not_at_the_limit_nor_below(self, odoo):
        for discount in (0, 15):
            order = odoo.quotation(discount)
            odoo.confirm(order)
            assert odoo.order(order)["state"] == "sale"


class TestRelease:
    def test_lets_the_order_be_confirmed(self, odoo):
        order = odoo.quotation(22)
        odoo.release_order(order)
        odoo.confirm(order)
        assert odoo.order(order)["state"] == "sale"

    def test_is_the_cockpits_alone(self, odoo):
        order = odoo.quotation(22)
        with pytest.raises(RefusedError, match="Only the cockpit releases orders"):
            odoo.release_order(order, by="admin")

    def test_of_other_lines_at_the_same_total_does_not_fit(self, odoo):
        lines = [odoo.sold(3000.0, name="First", discount=22.0), odoo.sold(2000.0, name="Licences", discount=22.0)]
        order = odoo.quotation(lines=lines)
        odoo.release_order(order)
        change(odoo, order, 1, name="Second")
        assert "changed after it was approved" in held(odoo, order)

    def test_of_other_payment_terms_does_not_fit(self, odoo):
        order = odoo.quotation(22)
        odoo.release_order(order)
        [term] = odoo.admin.call("account.payment.term", "create", vals_list=[{"name": unique("60 days")}])
        odoo.client.call("sale.order", "write", [order], vals={"payment_term_id": term})
        held(odoo, order)

    def test_names_every_kind_that_holds_it(self, odoo):
        odoo.guard_orders("enforce", discount=[["order_line.discount", ">", 15]], terms=[["amount_total", ">", 5000]])
        try:
            order = odoo.quotation(22)
            assert "(discount, terms)" in held(odoo, order)
            odoo.release_order(order, "discount")
            held(odoo, order)
            odoo.release_order(order, "discount,terms")
            odoo.confirm(order)
            small = odoo.quotation(22, 100.0)
            odoo.release_order(small, "discount")
            odoo.confirm(small)
        finally:
            odoo.guard_orders("enforce")

    @pytest.mark.parametrize(
        "line",
        [
            {"name": "a|b, c\nd\t\"e\" 'f' & %s {h} – Übergabe 設計 😀"},
            {"product_uom_qty": 3.33, "price_unit": 1234.57, "discount": 16.35},
            {"price_unit": -0.0},
        ],
    )
    def test_is_the_same_text_here_and_there(self, odoo, line):
        order = odoo.quotation(lines=[odoo.sold(9000.0, discount=20.0), odoo.sold(**{"discount": 20.0, **line})])
        held(odoo, order)
        odoo.release_order(order)
        odoo.confirm(order)
        assert odoo.order(order)["state"] == "sale"


class TestAConfirmedOrder:
    def test_takes_no_discount_above_the_limit(self, odoo):
        order = odoo.quotation(10)
        odoo.confirm(order)
        with pytest.raises(RefusedError, match=WAITING):
            change(odoo, order, discount=30.0)
        assert odoo.sold_lines(order)[0]["discount"] == 10.0
        change(odoo, order, discount=12.0)

    def test_keeps_what_was_approved(self, odoo):
        order = odoo.quotation(22)
        odoo.release_order(order)
        odoo.confirm(order)
        with pytest.raises(RefusedError, match="changed after it was approved"):
            change(odoo, order, price_unit=5000.0)

    def test_takes_no_new_line_that_gives_more_away(self, odoo):
        order = odoo.quotation(10)
        odoo.confirm(order)
        with pytest.raises(RefusedError, match=WAITING):
            odoo.client.call("sale.order", "write", [order], vals={"order_line": [odoo.sold(discount=50.0)]})


class TestEmergency:
    def test_confirms_for_a_reason_and_notes_who(self, odoo):
        order = odoo.quotation(22)
        lea = odoo.user_id("lea")
        odoo.let_sell("lea")
        odoo.as_user("lea").call("sale.order", "write", [order], vals={"x_cockpit_emergency": "The client signs today"})
        odoo.confirm(order, by="lea")
        found = odoo.order(order, "state", "x_cockpit_emergency_by")
        assert (found["state"], found["x_cockpit_emergency_by"]) == ("sale", str(lea))


class TestProvision:
    def test_twice_changes_nothing_and_leaves_each_models_row(self, odoo):
        assert provision.plan(odoo.admin, odoo.manifest) == []
        odoo.guard("off")
        assert guards.published_guard(odoo.client, "sale.order")["x_mode"] == "enforce"
