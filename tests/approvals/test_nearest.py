"""What would ask somebody else: the smallest change of one fact, whatever kind of condition stands in the way."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals import kinds
from approvals.nearest import OTHER, nearest_change
from approvals.policy import Condition, Rule, StepSpec, Version, route
from approvals.reading.why import reasons

FINANCE, PARTNER = StepSpec("finance"), StepSpec("partner", order=2)
UNITS = (1,)


def table(*rules):
    return Version(1, 1, "invoice_release", rules)


def one_row(*when, steps=(FINANCE,)):
    """It asks where all of `when` holds; all else passes."""
    return table(Rule(1, "row", steps, when), Rule(2, "rest", ()))


def money(amount, currency="EUR", company_amount=None, company_currency="EUR", **rates):
    return {
        "amount": str(amount), "currency": currency, "company_amount": str(company_amount or amount),
        "company_currency": company_currency, "rates": rates,
    }  # fmt: skip


def said(version, facts):
    change = nearest_change(version, facts, UNITS)
    return None if change is None else (change.condition.fact, change.condition.op, change.condition.value)


class TestNearestChange:
    @pytest.mark.parametrize(
        ("when", "facts", "turns"),
        [
            (Condition("margin", "<", "20.5"), {"margin": "18"}, ("margin", ">=", "20.5")),
            (Condition("margin", "<=", "20.5"), {"margin": "18"}, ("margin", ">", "20.5")),
            (Condition("days", ">", "30"), {"days": "45"}, ("days", "<=", "30")),
            (Condition("days", ">=", "30"), {"days": "45"}, ("days", "<", "30")),
            (Condition("days", "=", "30"), {"days": "30"}, ("days", "!=", "30")),
            (Condition("days", "!=", "30"), {"days": "45"}, ("days", "=", "30")),
            (Condition("type", "=", "fixed"), {"type": "fixed"}, ("type", "!=", "fixed")),
            (Condition("type", "!=", "fixed"), {"type": "other"}, ("type", "=", "fixed")),
            (Condition("tier", "in", ("A", "B")), {"tier": "B"}, ("tier", "not in", ("A", "B"))),
            (Condition("client", "=", 7), {"client": {"id": 7, "name": "Brandt"}}, ("client", "!=", 7)),
            (Condition("amount", ">", "25000", "EUR"), {"amount": money(48_200)}, ("amount", "<=", "25000")),
            # not known, and so a reason to ask
            (Condition("margin", "<", "20.5"), {}, ("margin", ">=", "20.5")),
            (Condition("tier", "in", ("A",)), {}, ("tier", "not in", ("A",))),
            (Condition("amount", ">", "25000", "EUR"), {}, ("amount", "<=", "25000")),
            (Condition("amount", ">", "25000", "GBP"), {"amount": money(48_200)}, ("amount", "<=", "25000")),
        ],
    )
    def test_turns_every_kind_of_condition(self, when, facts, turns):
        assert said(one_row(when), facts) == turns

    @pytest.mark.parametrize(
        ("when", "facts", "turns"),
        [
            (Condition("margin", "<", "20.5"), {"margin": "25"}, ("margin", "<", "20.5")),
            (Condition("type", "=", "fixed"), {"type": "other"}, ("type", "=", "fixed")),
            (Condition("tier", "in", ("A", "B")), {"tier": "C"}, ("tier", "in", ("A", "B"))),
            (Condition("amount", ">", "25000", "EUR"), {"amount": money(12_000)}, ("amount", ">", "25000")),
        ],
    )
    def test_says_what_would_ask_where_nobody_is_asked(self, when, facts, turns):
        assert said(one_row(when), facts) == turns

    def test_takes_the_nearest_of_several(self):
        version = table(
            Rule(1, "huge", (FINANCE, PARTNER), (Condition("amount", ">", "50000", "EUR"),)),
            Rule(2, "large", (FINANCE,), (Condition("amount", ">", "10000", "EUR"),)),
            Rule(3, "rest", ()),
        )
        assert said(version, {"amount": money(48_200)}) == ("amount", ">", "50000")
        assert said(version, {"amount": money(10_500)}) == ("amount", "<=", "10000")

    def test_takes_an_amount_before_a_choice_and_what_is_not_known_last(self):
        conditions = [Condition("tier", "=", "A"), Condition("amount", ">", "1", "EUR"), Condition("margin", "<", "20")]
        facts = {"tier": "A", "amount": money(48_200)}
        assert said(one_row(*conditions), facts) == ("amount", "<=", "1")
        assert said(one_row(conditions[0], conditions[2]), facts) == ("tier", "!=", "A")

    def test_looks_at_steps_with_conditions_of_their_own(self):
        partner = StepSpec("partner", order=2, when=(Condition("margin", "<", "20.5"),))
        version = table(Rule(1, "all", (FINANCE, partner)))
        change = nearest_change(version, {"margin": "18"}, UNITS)
        assert (change.condition.op, change.route.steps) == (">=", (FINANCE,))

    def test_compares_in_the_currency_of_the_limit(self):
        """100,000 dollars are 90,000 euros: by the record's own rate 60,000 euros are as far as they can be."""
        facts = {"amount": money(100_000, "USD", 90_000, "EUR", GBP="0.85")}
        in_euros = one_row(Condition("amount", ">", "60000", "EUR"))
        assert said(in_euros, facts) == ("amount", "<=", "60000")
        in_pounds = one_row(Condition("amount", ">", "60000", "GBP"))
        assert said(in_pounds, facts) == ("amount", "<=", "60000")

    def test_keeps_other_currencies_comparable(self):
        """A limit in dollars stands behind the one in euros, and the route says so."""
        version = table(
            Rule(1, "large", (PARTNER,), (Condition("amount", ">", "50000", "EUR"),)),
            Rule(2, "dollars", (FINANCE,), (Condition("amount", ">", "30000", "USD"),)),
            Rule(3, "rest", ()),
        )
        change = nearest_change(version, {"amount": money(51_000, USD="1.10")}, UNITS)
        assert (change.condition.value, change.route.steps) == ("50000", (FINANCE,))

    def test_is_silent_where_nothing_would_change_the_route(self):
        version = table(Rule(1, "large", (FINANCE,), (Condition("amount", ">", "1", "EUR"),)), Rule(2, "r", (FINANCE,)))
        assert nearest_change(version, {"amount": money(48_200)}, UNITS) is None
        assert nearest_change(table(Rule(1, "all", (FINANCE,))), {}, UNITS) is None


NUMBERS = st.decimals("0", "100", places=2).map(str)
CONDITIONS = st.one_of(
    st.builds(
        Condition, st.sampled_from(["margin", "days"]), st.sampled_from([">", ">=", "<", "<=", "=", "!="]), NUMBERS
    ),
    st.builds(Condition, st.just("tier"), st.sampled_from(["=", "!="]), st.sampled_from("ABC")),
    st.builds(Condition, st.just("tier"), st.just("in"), st.sets(st.sampled_from("ABC"), min_size=1).map(tuple)),
    st.builds(Condition, st.just("amount"), st.sampled_from([">", "<="]), NUMBERS, st.sampled_from(["EUR", "USD"])),
)
FACTS = st.fixed_dictionaries(
    {},
    optional={
        "margin": NUMBERS, "days": NUMBERS, "tier": st.sampled_from(["A", "B", "C", OTHER]),
        "amount": NUMBERS.map(lambda text: money(Decimal(text) + 1, USD="1.10")),
    },
)  # fmt: skip
ROWS = st.lists(
    st.tuples(st.lists(CONDITIONS, max_size=3), st.sampled_from([(), (FINANCE,), (PARTNER,), (FINANCE, PARTNER)])),
    max_size=5,
)


@given(ROWS, FACTS)
def test_whatever_is_named_does_change_the_route(rows, facts):
    version = table(*(Rule(n, f"row {n}", steps, tuple(when)) for n, (when, steps) in enumerate(rows, start=1)))
    change = nearest_change(version, facts, UNITS)
    if change is not None:
        assert change.route.steps != route(version, facts, UNITS).steps


@given(st.lists(CONDITIONS, min_size=1, max_size=1), FACTS)
def test_of_one_condition_there_is_always_a_change(when, facts):
    assert nearest_change(one_row(*when), facts, UNITS) is not None


class TestInWords:
    """On the request page, for a kind with amounts and choices."""

    @pytest.mark.parametrize(
        ("rows", "says"),
        [
            ([(("discount", ">", "15"), (FINANCE, PARTNER)), (("discount", ">", "10"), (PARTNER,))],
             "Finance would not be asked."),
            ([(("terms", "in", ("30 Days",)), (FINANCE,))], "nobody would be asked."),
            ([(("discount", ">", "15"), (FINANCE,)), (("discount", ">", "1"), (PARTNER,))],
             "it would be asked of Partner."),
            ([(("discount", ">", "20"), (FINANCE, PARTNER)), (("discount", ">", "1"), (FINANCE,))],
             "Partner would be asked as well."),
        ],
    )  # fmt: skip
    def test_says_what_the_change_would_do(self, rows, says):
        conditions = [Condition(*when) for when, _ in rows]
        version = table(
            *(Rule(n, f"row {n}", rows[n - 1][1], (when,)) for n, when in enumerate(conditions, start=1)),
            Rule(9, "rest", ()),
        )
        kind = kinds.get("discount" if conditions[0].fact == "discount" else "terms")
        facts = {"discount": "18", "terms": "30 Days"}
        why = reasons(kind, version, "Policy", facts, UNITS, "finance")
        assert why.nearest.endswith(says)
        assert "It would differ at “" in why.nearest
