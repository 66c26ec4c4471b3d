"""The guard on expenses: what is held until it is approved, and what releases it."""

import pytest

from integrations.odoo.client import RefusedError

WAITING = "Waiting for approval in the cockpit"


@pytest.fixture(scope="module", autouse=True)
def guarded(odoo):
    """The guard holds expenses above 500, and is switched off afterwards."""
    odoo.provision()
    odoo.guard_expenses("enforce")
    yield
    odoo.guard_expenses("off")


def held(odoo, expense, by="cockpit"):
    with pytest.raises(RefusedError, match=WAITING) as caught:
        odoo.approve_expense(expense, by)
    assert odoo.spent(expense)["state"] == "submitted"
    return caught.value.text


def test_holds_a_large_one_for_everybody_and_says_where_to_look(odoo):
    expense = odoo.expense(800.0)
    assert f"https://cockpit.example/expenses/{expense}" in held(odoo, expense)
    held(odoo, expense, by="admin")


def test_lets_a_small_one_pass(odoo):
    expense = odoo.expense(500.0)
    odoo.approve_expense(expense)
    assert odoo.spent(expense) == {"id": expense, "state": "approved", "approval_state": "approved"}


@pytest.mark.parametrize("name", ["Dinner", 'a|b "c" é 設計 %s'])
def test_lets_a_released_one_pass(odoo, name):
    expense = odoo.expense(812.35, name=name)
    odoo.release_expense(expense)
    odoo.approve_expense(expense)
    assert odoo.spent(expense)["state"] == "approved"


@pytest.mark.parametrize("vals", [{"total_amount_currency": 900.0, "total_amount": 900.0}, {"name": "Something else"}])
def test_takes_a_release_only_for_what_was_approved(odoo, vals):
    expense = odoo.expense(800.0)
    odoo.release_expense(expense)
    odoo.client.call("hr.expense", "write", [expense], vals=vals)
    assert "changed after it was approved" in held(odoo, expense)


def test_an_approved_one_keeps_its_amount(odoo):
    expense = odoo.expense(100.0)
    odoo.approve_expense(expense)
    with pytest.raises(RefusedError, match=WAITING):
        odoo.admin.call("hr.expense", "write", [expense], vals={"total_amount_currency": 900.0, "total_amount": 900.0})


def test_release_is_the_cockpits_alone(odoo):
    expense = odoo.expense(800.0)
    with pytest.raises(RefusedError, match="Only the cockpit releases expenses"):
        odoo.release_expense(expense, by="admin")
