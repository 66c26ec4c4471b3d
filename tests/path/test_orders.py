"""A quotation that gives much away: from Odoo to the people who decide, and back."""

from datetime import timedelta

import pytest

from approvals.models import Delegation, Policy, Request
from cockpit import audit
from cockpit.audit.models import Entry
from cockpit.exception_queue.models import Case
from integrations.mirror.models import SaleOrder
from integrations.odoo.client import RefusedError

WAITING = "Waiting for approval in the cockpit"
DISCOUNT = """
kind: discount
name: Discounts
mode: enforce
rules:
  - name: Large discounts
    unit: Halden & Roth GmbH
    when: [{fact: discount, op: ">", value: 15}]
    ask: [{role: finance, within: 4 h}, {role: pmo, order: 2, within: 8 h}]
  - name: Everything else passes
"""
TERMS = """
kind: terms
name: Terms
mode: enforce
rules:
  - name: Large orders
    unit: Halden & Roth GmbH
    when: [{fact: amount, op: ">", value: 50000, currency: EUR}]
    ask: [{role: finance, within: 4 h}]
  - name: Everything else passes
"""
MODELS = ("res.partner", "sale.order", "sale.order.line")


@pytest.fixture(scope="module", autouse=True)
def policies(cockpit):
    cockpit.publish(DISCOUNT)
    cockpit.publish(TERMS)
    yield
    cockpit.odoo.guard_orders("off")


def look(cockpit):
    cockpit.pull(MODELS)
    cockpit.work()


def asked(cockpit, discount=22.0, price=10_000.0, kind="discount"):
    order = cockpit.odoo.quotation(discount, price, by="ben")
    look(cockpit)
    return order, request_of(order, kind)


def request_of(order, kind="discount"):
    return Request.objects.get(subject=f"odoo.sale.order:{order}", kind_key=kind)


def decide(cockpit, request, *names):
    for name in names:
        cockpit.decide(request, name)
    cockpit.settle()
    cockpit.work()
    request.refresh_from_db()


def notes(cockpit, order):
    domain = [("model", "=", "sale.order"), ("res_id", "=", order), ("message_type", "=", "comment")]
    return [row["body"] for row in cockpit.odoo.client.search_read("mail.message", domain, ["body"])]


class TestADiscount:
    def test_is_asked_about_decided_in_two_steps_by_a_deputy_too_and_confirmed_in_odoo(self, cockpit):
        order, request = asked(cockpit)
        assert (request.unit, request.requester) == (cockpit.units["de"], cockpit.person("ben"))
        assert request.snapshot.facts["discount"] == "22.0"
        assert request.snapshot.facts["amount"]["amount"] == "7800.00"
        with pytest.raises(RefusedError, match=WAITING):
            cockpit.odoo.confirm(order)
        span = {"start_at": cockpit.now - timedelta(days=1), "end_at": cockpit.now + timedelta(days=9)}
        given = {"proposed_at": cockpit.now, "confirmed_at": cockpit.now, **span}
        deputy = Delegation.objects.create(delegator=cockpit.person("mia"), deputy=cockpit.person("lea"), **given)
        cockpit.sign_in("lea")
        decide(cockpit, request, "ann", "lea")
        deputy.delete()
        assert request.state == "approved"
        release = cockpit.effects(request)["release"]
        assert release.outcome == "verified"
        cockpit.odoo.confirm(order)
        assert cockpit.odoo.order(order)["state"] == "sale"
        [note] = notes(cockpit, order)
        assert all(words in note for words in ("Approved by Ann", "Lea", "for Mia", f"[{request.number}/1]"))
        look(cockpit)
        assert SaleOrder.objects.get(pk=order).odoo_state == "sale"
        assert not Case.objects.filter(subject=f"odoo.sale.order:{order}").exists()
        assert audit.verify() == []

    def test_below_the_limit_is_asked_of_nobody_and_confirms(self, cockpit):
        order = cockpit.odoo.quotation(10, by="ben")
        look(cockpit)
        assert not Request.objects.filter(subject=f"odoo.sale.order:{order}").exists()
        cockpit.odoo.confirm(order)
        assert cockpit.odoo.order(order, "x_cockpit_release")["x_cockpit_release"] is False

    def test_that_is_rejected_stays_a_quotation_with_the_reason_on_it(self, cockpit):
        order, request = asked(cockpit)
        cockpit.decide(request, "ann", "reject", note="Twenty per cent at most.")
        cockpit.settle()
        cockpit.work()
        with pytest.raises(RefusedError, match=WAITING):
            cockpit.odoo.confirm(order)
        assert "Twenty per cent at most." in notes(cockpit, order)[0]

    def test_raised_after_the_approval_is_not_released_but_asked_again(self, cockpit):
        order, request = asked(cockpit)
        for name in ("ann", "mia"):
            cockpit.decide(request, name)
        cockpit.settle()
        [line] = cockpit.odoo.sold_lines(order)
        cockpit.odoo.client.call("sale.order.line", "write", [line["id"]], vals={"discount": 40.0})
        cockpit.work()
        release = cockpit.effects(request)["release"]
        assert (release.outcome, release.result["reason"]) == ("refused", "changed")
        look(cockpit)
        request.refresh_from_db()
        assert request.state == "pending"

    def test_of_a_quotation_that_was_deleted_is_closed(self, cockpit):
        order, request = asked(cockpit)
        cockpit.odoo.admin.call("sale.order", "unlink", [order])
        cockpit.delete_check(MODELS)
        request.refresh_from_db()
        assert (request.state, request.closed_reason) == ("closed", "subject_gone")


class TestSeveralKinds:
    def test_release_the_order_when_all_of_them_let_it_go_and_the_release_names_them(self, cockpit):
        order, discount = asked(cockpit, 22.0, 100_000.0)
        terms = request_of(order, "terms")
        decide(cockpit, discount, "ann", "mia")
        assert "release" not in cockpit.effects(discount)
        with pytest.raises(RefusedError, match=r"\(discount, terms\)"):
            cockpit.odoo.confirm(order)
        decide(cockpit, terms, "dan")
        assert cockpit.effects(terms)["release"].outcome == "verified"
        assert cockpit.odoo.order(order, "x_cockpit_release")["x_cockpit_release"].startswith("discount,terms|")
        cockpit.odoo.confirm(order)
        assert cockpit.odoo.order(order)["state"] == "sale"


class TestTheRadar:
    def test_finds_what_was_confirmed_while_people_were_still_deciding(self, cockpit):
        order, request = asked(cockpit)
        cockpit.odoo.guard_orders("off")
        try:
            cockpit.odoo.confirm(order)
        finally:
            cockpit.publish(TERMS)
        look(cockpit)
        request.refresh_from_db()
        assert (request.state, request.closed_reason) == ("closed", "moved_in_odoo")
        case = Case.objects.get(subject=f"odoo.sale.order:{order}")
        assert (case.kind, case.state) == ("guard.moved_undecided", "open")
        assert Entry.objects.filter(subject=request.audit_subject, verb="delivery.bypass").exists()

    def test_finds_what_was_confirmed_against_a_rejection(self, cockpit):
        order, request = asked(cockpit)
        cockpit.decide(request, "ann", "reject", note="No.")
        cockpit.settle()
        cockpit.work()
        cockpit.odoo.guard_orders("off")
        try:
            cockpit.odoo.confirm(order)
        finally:
            cockpit.publish(TERMS)
        look(cockpit)
        assert Case.objects.get(subject=f"odoo.sale.order:{order}").kind == "guard.moved_against"

    def test_finds_what_was_made_and_confirmed_unseen_while_the_guard_was_off(self, cockpit):
        cockpit.odoo.guard_orders("off")
        try:
            order = cockpit.odoo.quotation(30)
            cockpit.odoo.confirm(order)
        finally:
            cockpit.publish(TERMS)
        look(cockpit)
        assert Case.objects.get(subject=f"odoo.sale.order:{order}").kind == "guard.moved_unasked"

    def test_finds_an_emergency_release_and_bars_who_took_part(self, cockpit):
        order, _request = asked(cockpit)
        cockpit.odoo.client.call("sale.order", "write", [order], vals={"user_id": cockpit.odoo.user_id("ben")})
        cockpit.odoo.let_sell("lea")
        reason = {"x_cockpit_emergency": "The client signs today"}
        cockpit.odoo.as_user("lea").call("sale.order", "write", [order], vals=reason)
        cockpit.odoo.confirm(order, by="lea")
        look(cockpit)
        case = Case.objects.get(subject=f"odoo.sale.order:{order}")
        assert case.kind == "guard.emergency_release"
        assert {cockpit.person("ben").pk, cockpit.person("lea").pk} <= set(case.detail["barred_persons"])


def test_the_policies_are_in_force(cockpit):
    assert set(Policy.objects.filter(mode="enforce").values_list("kind", flat=True)) >= {"discount", "terms"}
