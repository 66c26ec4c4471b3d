"""What Odoo's guard holds of quotations is a superset of what the policy asks about, whatever the policy says."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from approvals import policy
from approvals.policy import Condition, Rule, StepSpec, Version
from delivery import compiling
from delivery.compiling import NOTHING_HELD
from delivery.orders.limits import BASE, as_seen, sees
from tests import cast
from tests.domains import holds

pytestmark = pytest.mark.django_db
FINANCE = (StepSpec("finance"),)


@pytest.fixture
def firm():
    return cast.firm()


def discount(op, value):
    return Condition("discount", op, value)


def compiled(version, companies):
    found = compiling.clauses(version, companies, sees)
    return found, compiling.domain(found, sees, BASE)


class TestCompiling:
    def test_says_in_odoos_words_what_it_can_see(self, firm):
        rule = Rule(1, "large", FINANCE, (discount(">", 15), Condition("margin", "<", 20)), unit_id=firm.de.pk)
        assert compiled(Version(1, 1, "discount", (rule,)), [firm.de, firm.us])[1] == [
            "&", ["company_id", "=", 1], ["order_line.discount", ">", 15.0],
        ]  # fmt: skip

    def test_holds_all_of_a_company_for_what_odoo_cannot_see(self, firm):
        rule = Rule(1, "thin", FINANCE, (Condition("margin", "<", 20),), unit_id=firm.de.pk)
        assert compiled(Version(1, 1, "discount", (rule,)), [firm.de])[1] == [["company_id", "=", 1]]

    def test_holds_nothing_where_nobody_is_ever_asked(self, firm):
        assert compiled(Version(1, 1, "discount", (Rule(1, "rest", ()),)), [firm.de])[1] == NOTHING_HELD

    def test_counts_an_amount_in_another_currency_as_above(self, firm):
        rule = Rule(1, "large", FINANCE, (Condition("amount", ">", 50, "EUR"),), unit_id=firm.de.pk)
        domain = compiled(Version(1, 1, "discount", (rule,)), [firm.de])[1]
        order = {"company_id": 1, "amount_total": 10.0, "order_line.discount": 0.0}
        assert not holds(domain, **order, **{"currency_id.name": "EUR"})
        assert holds(domain, **order, **{"currency_id.name": "USD"})


conditions = st.one_of(
    st.builds(discount, st.sampled_from([">", ">=", "<", "=", "!="]), st.integers(0, 40)),
    st.builds(Condition, st.just("amount"), st.sampled_from([">", ">=", "<"]), st.integers(0, 900),
              st.sampled_from(["EUR", "USD", ""])),
    st.builds(Condition, st.just("margin"), st.sampled_from(["<", ">"]), st.integers(0, 50)),
    st.builds(Condition, st.just("terms"), st.just("in"), st.just(["30 Days"])),
)  # fmt: skip


@given(st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_for_random_policies_and_orders_what_odoo_lets_pass_nobody_is_asked_about(firm, data):
    units = [None, firm.de.pk, firm.us.pk, firm.munich.pk]
    row = st.tuples(st.lists(conditions, max_size=2), st.booleans(), st.sampled_from(units), st.booleans())
    rows = data.draw(st.lists(row, min_size=1, max_size=5))
    version = Version(1, 1, "discount", tuple(
        Rule(number, f"row {number}", FINANCE if asks else (), tuple(when), unit_id=unit, add_on=add_on and asks)
        for number, (when, asks, unit, add_on) in enumerate(rows, start=1)
    ))  # fmt: skip
    company, unit = data.draw(st.sampled_from([(firm.de, firm.de), (firm.de, firm.munich), (firm.us, firm.us)]))
    code = data.draw(st.sampled_from(["EUR", "USD"]))
    amount, highest = data.draw(st.integers(0, 1000)), data.draw(st.integers(0, 45))
    facts = {
        "discount": str(highest),
        "amount": {"amount": str(amount), "currency": code, "company_amount": str(amount),
                   "company_currency": company.currency, "rates": {}},
        "margin": data.draw(st.sampled_from([None, "10", "30"])),
        "terms": data.draw(st.sampled_from([None, "30 Days", "60 Days"])),
    }  # fmt: skip
    found, domain = compiled(version, [firm.de, firm.us])
    order = {"company_id": company.odoo_id, "currency_id.name": code, "amount_total": float(amount),
             "order_line.discount": float(highest), "id": 7}  # fmt: skip
    in_odoo = holds(domain, **order)
    if policy.route(version, facts, tuple(unit.ancestor_ids)).steps:
        assert in_odoo
    # Else what Odoo holds and nobody is asked about would never be released.
    assert compiling.holds(found, as_seen(facts), company.pk) is in_odoo
