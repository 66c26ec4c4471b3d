"""Credit notes and expenses: from Odoo to the people who decide, and back."""

import pytest

from approvals.models import Request
from cockpit.exception_queue.models import Case
from integrations.odoo.client import RefusedError
from tests.path.cockpit import TABLE

WAITING = "Waiting for approval in the cockpit"
ROWS = """
mode: enforce
rules:
  - name: Large
    unit: Halden & Roth GmbH
    when: [{fact: amount, op: ">", value: 500, currency: EUR}]
    ask: [{role: finance, within: 4 h}]
  - name: Everything else passes
"""


@pytest.fixture(scope="module", autouse=True)
def policies(cockpit):
    cockpit.publish("kind: credit_note\nname: Credit notes" + ROWS)
    cockpit.publish("kind: expense\nname: Expenses" + ROWS)
    yield
    cockpit.odoo.guard_expenses("off")


def look(cockpit):
    cockpit.pull(("res.partner", "account.move", "hr.employee", "hr.expense"))
    cockpit.work()


def credit(cockpit, amount=800.0):
    move = cockpit.odoo.invoice(amount, by="ben", move_type="out_refund")
    look(cockpit)
    return move


def request_of(model, odoo_id):
    return Request.objects.get(subject=f"odoo.{model}:{odoo_id}")


def decide(cockpit, request, name, verdict="approve", note=""):
    cockpit.decide(request, name, verdict, note)
    cockpit.settle()
    cockpit.work()
    request.refresh_from_db()


class TestACreditNote:
    def test_is_held_asked_about_and_posted_once_it_was_approved(self, cockpit):
        move = credit(cockpit)
        request = request_of("account.move", move)
        assert (request.kind_key, request.snapshot.facts["amount"]["amount"]) == ("credit_note", "800.00")
        with pytest.raises(RefusedError, match=WAITING):
            cockpit.odoo.post(move, by="ben")
        decide(cockpit, request, "ann")
        found = cockpit.odoo.move(move)
        assert found["state"] == "posted"
        assert cockpit.effects(request)["post"].result["values"]["name"] == found["name"]
        assert f"[{request.number}/1]" in cockpit.notes(move)[0]
        look(cockpit)
        request.refresh_from_db()
        assert (request.state, request.record_name) == ("approved", found["name"])
        assert not Case.objects.filter(subject=request.subject).exists()

    def test_that_is_small_and_an_invoice_of_that_amount_pass(self, cockpit):
        for move in (credit(cockpit, 500.0), cockpit.odoo.invoice(800.0, by="ben")):
            cockpit.odoo.post(move, by="ben")
            assert cockpit.odoo.move(move)["state"] == "posted"

    def test_leaves_large_invoices_held(self, cockpit):
        assert "25000" in TABLE
        invoice = cockpit.odoo.invoice(25_001.0, by="ben")
        with pytest.raises(RefusedError, match=WAITING):
            cockpit.odoo.post(invoice, by="ben")

    def test_posted_while_people_were_deciding_is_a_case(self, cockpit):
        move = credit(cockpit)
        cockpit.odoo.guard("off")
        try:
            cockpit.odoo.post(move, by="ben")
        finally:
            cockpit.publish(TABLE)
        look(cockpit)
        assert Case.objects.get(subject=f"odoo.account.move:{move}").kind == "guard.moved_undecided"


class TestAnExpense:
    def test_is_held_asked_about_and_approved_in_odoo(self, cockpit):
        expense = cockpit.odoo.expense(800.0)
        look(cockpit)
        request = request_of("hr.expense", expense)
        assert (request.requester, request.barred_persons) == (
            cockpit.person("ben"),
            [cockpit.person("ben").pk],
        )
        with pytest.raises(RefusedError, match=WAITING):
            cockpit.odoo.approve_expense(expense)
        decide(cockpit, request, "ann")
        assert cockpit.odoo.spent(expense)["approval_state"] == "approved"
        assert {what: one.outcome for what, one in cockpit.effects(request).items()} == {
            "release": "verified",
            "approve": "verified",
            "note": "verified",
        }
        look(cockpit)
        assert not Case.objects.filter(subject=request.subject).exists()

    def test_that_is_rejected_stays_submitted(self, cockpit):
        expense = cockpit.odoo.expense(900.0)
        look(cockpit)
        decide(cockpit, request_of("hr.expense", expense), "ann", "reject", "No receipt.")
        assert cockpit.odoo.spent(expense)["state"] == "submitted"
        with pytest.raises(RefusedError, match=WAITING):
            cockpit.odoo.approve_expense(expense)

    def test_approved_past_a_rejection_is_a_case(self, cockpit):
        expense = cockpit.odoo.expense(900.0)
        look(cockpit)
        decide(cockpit, request_of("hr.expense", expense), "ann", "reject", "No receipt.")
        cockpit.odoo.guard_expenses("off")
        cockpit.odoo.approve_expense(expense)
        cockpit.publish("kind: expense\nname: Expenses" + ROWS)
        look(cockpit)
        assert Case.objects.get(subject=f"odoo.hr.expense:{expense}").kind == "guard.moved_against"

    def test_that_is_small_is_asked_of_nobody(self, cockpit):
        expense = cockpit.odoo.expense(80.0)
        look(cockpit)
        assert not Request.objects.filter(subject=f"odoo.hr.expense:{expense}").exists()
        cockpit.odoo.approve_expense(expense)
        assert cockpit.odoo.spent(expense)["state"] == "approved"
