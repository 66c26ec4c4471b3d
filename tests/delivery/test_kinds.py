"""Every kind that is declared: what it says and asks for fits its facts."""

from datetime import date
from decimal import Decimal

import pytest
from django.utils import translation

from approvals import facts as factbook
from approvals import kinds
from approvals.kinds import FactType
from approvals.reading import showing

ALL = sorted(set(kinds.registry()) - {"policy_change"})  # that is about policies, not about records
SOMETHING = {
    FactType.MONEY: {
        "amount": "1200.00", "currency": "EUR", "company_amount": "1200.00", "company_currency": "EUR", "rates": {},
    },
    FactType.NUMBER: "22.5",
    FactType.TEXT: "S00046",
    FactType.CHOICE: "own account",
    FactType.DATE: date(2026, 11, 23).isoformat(),
    FactType.PERSON: {"id": 7, "name": "Ben Brook"},
    FactType.RECORD: {"id": 9, "name": "Brandt AG"},
    FactType.LINK: {"text": "S00046", "url": "https://odoo.example.com/odoo/sale.order/46"},
    FactType.LINES: [],
    FactType.DOCUMENTS: [],
}  # fmt: skip


def some_facts(kind):
    return {fact.key: SOMETHING[fact.type] for fact in kind.facts}


def test_all_fifteen_are_there():
    assert ALL == [
        "budget_override", "change_request", "credit_note", "discount", "expense", "invoice_adjustment",
        "invoice_release", "milestone", "project_initiation", "staffing", "subcontractor", "terms", "timesheet_week",
        "vendor", "write_off",
    ]  # fmt: skip


def test_a_discount_is_written_as_the_reader_writes_numbers():
    title = kinds.get("discount").title
    assert str(title({"discount": "22.0"})).startswith("Discount of 22 %")
    with translation.override("de"):
        assert str(title({"discount": "17.5"})).startswith("Rabatt von 17,5 %")


def test_an_expense_says_in_words_who_paid_it():
    paid_by = kinds.get("expense").fact("paid_by")
    assert showing.text(paid_by, "own_account") == "the employee, who is paid back"
    assert showing.text(paid_by, "by barter") == "by barter"


@pytest.mark.parametrize("key", ALL)
class TestAKind:
    def test_takes_its_own_facts(self, key):
        kind = kinds.get(key)
        factbook.check(kind, some_facts(kind))

    def test_speaks_whether_facts_are_known_or_not(self, key):
        kind = kinds.get(key)
        for facts in (some_facts(kind), {}, dict.fromkeys(some_facts(kind))):
            for say in (kind.title, kind.if_approved, kind.if_rejected):
                said = str(say(facts))
                assert said
                assert "%(" not in said
                assert "%%" not in said
            assert all(str(change.label) for change in kind.changes(facts))

    def test_says_it_in_german_too(self, key):
        kind = kinds.get(key)
        english = str(kind.if_rejected(some_facts(kind)))
        with translation.override("de"):
            assert str(kind.if_rejected(some_facts(kind))) != english

    def test_has_one_lead_and_something_material(self, key):
        kind = kinds.get(key)
        assert len([fact for fact in kind.facts if fact.lead]) == 1
        assert any(fact.material for fact in kind.facts)
        assert len({fact.key for fact in kind.facts}) == len(kind.facts)
        if kind.money:
            assert kind.fact(kind.money).type == FactType.MONEY

    def test_form_asks_for_facts_that_a_person_can_write(self, key):
        kind = kinds.get(key)
        known = {fact.key: fact for fact in kind.facts}
        assert set(kind.needed) <= set(kind.form) <= set(known)
        apart = {FactType.LINES, FactType.DOCUMENTS, FactType.LINK}
        assert not [one for one in kind.form if known[one].type in apart]

    def test_can_be_asked_by_a_record_or_by_form(self, key):
        kind = kinds.get(key)
        assert kind.form or kind.effects

    def test_is_kept_for_years_and_undone_within_a_minute(self, key):
        kind = kinds.get(key)
        assert kind.retention.days >= 365
        assert 0 <= kind.undo_window.total_seconds() <= 60
        assert kind.bulk_below is None or kind.bulk_below > Decimal(0)
