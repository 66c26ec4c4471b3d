"""What Odoo's guard holds is a superset of what the policy asks about."""

from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from approvals import policy
from approvals.policy import Condition, Rule, StepSpec, Version
from delivery.guards import GuardLimit
from delivery.invoice_release import limits
from tests import cast

pytestmark = pytest.mark.django_db
FINANCE = (StepSpec("finance"),)


@pytest.fixture
def firm():
    return cast.firm()


def above(value, currency="EUR", op=">"):
    return Condition("amount", op, str(value), currency)


def table(*rules):
    return Version(1, 1, "invoice_release", rules)


class TestLimits:
    def test_are_the_lowest_asking_amount_of_each_company(self, firm):
        version = table(
            Rule(1, "huge", FINANCE, (above(90_000),), unit_id=firm.de.pk),
            Rule(2, "large", FINANCE, (above(25_000),), unit_id=firm.de.pk),
            Rule(3, "rest", (), unit_id=firm.de.pk),
            Rule(4, "us", FINANCE, (above(20_000, "USD", ">="),), unit_id=firm.us.pk),
        )
        assert limits.limits(version, [firm.de, firm.us]) == [
            GuardLimit(1, Decimal("25000"), "EUR", "EUR"),
            GuardLimit(2, Decimal("19999.99"), "USD", "USD"),
        ]

    def test_stop_at_a_row_that_always_matches(self, firm):
        version = table(Rule(1, "rest", (), unit_id=firm.de.pk), Rule(2, "firm", FINANCE, (above(5),)))
        assert limits.limits(version, [firm.de]) == []
        assert limits.limits(version, [firm.us]) == [GuardLimit(2, Decimal("5"), "EUR", "USD")]

    def test_go_on_with_add_on_rows_after_it(self, firm):
        version = table(Rule(1, "rest", ()), Rule(2, "huge", FINANCE, (above(90_000),), add_on=True))
        assert limits.limits(version, [firm.de]) == [GuardLimit(1, Decimal("90000"), "EUR", "EUR")]

    def test_count_rows_of_departments_for_their_company(self, firm):
        version = table(Rule(1, "munich", FINANCE, (above(1_000),), unit_id=firm.munich.pk), Rule(2, "rest", ()))
        assert limits.limits(version, [firm.de, firm.us]) == [GuardLimit(1, Decimal("1000"), "EUR", "EUR")]

    @pytest.mark.parametrize(
        "rule",
        [
            Rule(1, "no amount", FINANCE, (Condition("overdue", ">", "0", "EUR"),)),
            Rule(1, "no condition", FINANCE),
            Rule(1, "the document's currency", FINANCE, (above(5, ""),)),
        ],
    )
    def test_hold_everything_where_odoo_cannot_see_the_condition(self, firm, rule):
        assert limits.limits(table(rule), [firm.de])[0].amount is None

    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        rows=st.lists(
            st.tuples(st.sampled_from(["de", "us", "munich", ""]), st.integers(0, 50), st.booleans(), st.booleans()),
            max_size=6,
        ),
        amount=st.integers(0, 60),
    )
    def test_never_let_odoo_pass_what_the_policy_asks_about(self, firm, rows, amount):
        units = {"de": firm.de, "us": firm.us, "munich": firm.munich, "": None}
        version = table(
            *(
                Rule(
                    n,
                    "r",
                    FINANCE if asks else (),
                    (above(limit),) if limited else (),
                    unit_id=units[unit].pk if units[unit] else None,
                )
                for n, (unit, limit, asks, limited) in enumerate(rows, start=1)
            )
        )
        for unit in (firm.de, firm.munich):
            facts = {"amount": cast.invoice_facts(firm.de, amount)["amount"]}
            asked = policy.route(version, facts, tuple(unit.ancestor_ids)).steps
            held = [
                limit
                for limit in limits.limits(version, [firm.de])
                if limit.amount is None or amount > limit.amount or limit.currency != "EUR"
            ]
            assert held or not asked
