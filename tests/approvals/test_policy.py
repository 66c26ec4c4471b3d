"""The decision table as a pure function: no database here."""

import pytest

from approvals.policy import Condition, PolicyError, Rule, StepSpec, Version, route, rule_from_data

FINANCE, PARTNER = StepSpec("finance"), StepSpec("partner", order=2)
FIRM, DE, MUNICH, US = 1, 2, 3, 9


def euros(amount, company_amount=None, **more):
    return {
        "amount": str(amount),
        "currency": "EUR",
        "company_amount": str(company_amount or amount),
        "company_currency": "EUR",
        **more,
    }


def above(value, currency="EUR", op=">"):
    return Condition("amount", op, str(value), currency)


def table(*rules):
    return Version(1, 1, "invoice_release", rules)


class TestRoute:
    def test_asks_by_the_first_row_that_matches(self):
        version = table(
            Rule(1, "huge", (FINANCE, PARTNER), (above(100_000),)),
            Rule(2, "large", (FINANCE,), (above(25_000),)),
            Rule(3, "rest", ()),
        )
        assert [route(version, {"amount": euros(a)}, (FIRM,)).steps for a in (100_001, 25_001, 25_000)] == [
            (FINANCE, PARTNER),
            (FINANCE,),
            (),
        ]

    def test_prefers_the_nearest_unit_and_falls_through_to_those_above(self):
        version = table(
            Rule(1, "firm", (PARTNER,), (above(10_000),)),
            Rule(2, "de", (FINANCE,), (above(25_000),), unit_id=DE),
            Rule(3, "munich", (), (above(90_000),), unit_id=MUNICH),
        )
        assert route(version, {"amount": euros(30_000)}, (DE, MUNICH)).steps == (FINANCE,)
        assert route(version, {"amount": euros(95_000)}, (DE, MUNICH)).steps == ()
        assert route(version, {"amount": euros(12_000)}, (DE, MUNICH)).steps == (PARTNER,)
        assert route(version, {"amount": euros(30_000)}, (US,)).steps == (PARTNER,)

    def test_adds_the_steps_of_every_add_on_row_that_matches(self):
        version = table(
            Rule(1, "large", (FINANCE,), (above(25_000),)),
            Rule(2, "new client", (PARTNER,), (Condition("client_age", "=", "new"),), add_on=True),
            Rule(3, "also finance", (FINANCE,), (Condition("client_age", "=", "new"),), add_on=True),
        )
        assert route(version, {"amount": euros(30_000), "client_age": "new"}, (DE,)).steps == (FINANCE, PARTNER)
        assert route(version, {"amount": euros(30_000), "client_age": "old"}, (DE,)).steps == (FINANCE,)

    def test_puts_steps_in_their_order_whatever_the_row_says_first(self):
        assert route(table(Rule(1, "r", (PARTNER, FINANCE))), {}, (DE,)).steps == (FINANCE, PARTNER)

    @pytest.mark.parametrize(
        ("money", "limit", "asked"),
        [
            (euros(25_000), above(25_000), False),
            (euros("25000.01"), above(25_000), True),
            (euros(25_000), above(25_000, op=">="), True),
            ({**euros(30_000, 27_000), "currency": "USD"}, above(27_000), False),  # a dollar invoice in a euro company
            ({**euros(30_000, 27_001), "currency": "USD"}, above(27_000), True),
            (
                {**euros(30_000, 27_000), "currency": "USD"},
                above(29_999, "USD"),
                True,
            ),  # a limit in the document's currency
            (euros(10_000, rates={"USD": "1.25"}), above(12_500, "USD"), False),  # by the record's stored rate
            (euros("10000.01", rates={"USD": "1.25"}), above(12_500, "USD"), True),
        ],
    )
    def test_compares_money_at_the_records_own_rate(self, money, limit, asked):
        assert bool(route(table(Rule(1, "limit", (FINANCE,), (limit,))), {"amount": money}, (DE,)).steps) is asked

    def test_counts_what_is_not_known_against_the_record(self):
        asks = table(Rule(1, "large", (FINANCE,), (above(25_000, "CHF"),)))
        passes = table(Rule(1, "small", (), (above(25_000, "CHF", "<"),)), Rule(2, "rest", (FINANCE,)))
        for facts in ({"amount": euros(1)}, {"amount": None}, {}):
            assert route(asks, facts, (DE,)).steps == (FINANCE,)
            assert route(passes, facts, (DE,)).steps == (FINANCE,)

    def test_traces_every_row_it_looked_at_with_what_it_found(self):
        version = table(
            Rule(1, "huge", (PARTNER,), (above(100_000),)),
            Rule(2, "large", (FINANCE,), (above(25_000),)),
            Rule(3, "rest", ()),
        )
        trace = route(version, {"amount": euros(30_000)}, (DE,)).trace
        assert [(row.rule.number, row.matched, row.checks[0].held) for row in trace] == [
            (1, False, False),
            (2, True, True),
        ]
        assert trace[1].checks[0].actual["amount"] == "30000"


class TestRuleFromData:
    @pytest.mark.parametrize(
        ("when", "steps", "says"),
        [
            ([{"fact": "amount", "op": "~", "value": 1}], [], "'~' is not an operator"),
            ([{"fact": "amount", "operator": ">", "value": 1}], [], "cannot be read"),
            ([], [{"role": "finance", "goal_s": 0}], "must be more than nothing"),
        ],
    )
    def test_names_the_row_and_what_is_wrong_with_it(self, when, steps, says):
        with pytest.raises(PolicyError, match=r"Row 4 \(large\).*" + says):
            rule_from_data(4, "large", when, steps, None, add_on=False)
