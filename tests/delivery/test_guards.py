"""The guard's domain and the release text, without an Odoo. What Odoo makes of them is in tests/contract."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery.guarding import MODELS
from delivery.guards import NOTHING, GuardLimit, guard_domain, publish_guard, release_text
from tests.domains import holds

EUR = GuardLimit(1, Decimal("25000"), "EUR", "EUR")
USD = GuardLimit(2, Decimal("20000.50"), "USD", "USD")


def invoice(company: int, amount: float, kind: str = "out_invoice") -> dict[str, Any]:
    return {"move_type": kind, "company_id": company, "amount_total_signed": amount, "id": 7}


class TestGuardDomain:
    @pytest.mark.parametrize(
        ("company", "amount", "held"),
        [(1, 25000.01, True), (1, 25000.0, False), (2, 20000.51, True), (2, 20000.5, False), (3, 1e9, False)],
    )
    def test_holds_what_is_above_a_companys_limit(self, company, amount, held):
        assert holds(guard_domain([EUR, USD]), **invoice(company, amount)) is held

    def test_holds_everything_of_a_company_without_an_amount(self):
        domain = guard_domain([EUR, GuardLimit(2, None, "", "USD")])
        assert holds(domain, **invoice(2, 0.01))
        assert not holds(domain, **invoice(1, 0.01))

    def test_holds_everything_where_the_limit_is_in_another_currency(self):
        domain = guard_domain([GuardLimit(1, Decimal(25000), "USD", "EUR")])
        assert holds(domain, **invoice(1, 0.01))

    def test_holds_what_either_of_two_limits_of_a_company_holds(self):
        domain = guard_domain([EUR, GuardLimit(1, Decimal(100), "EUR", "EUR")])
        assert holds(domain, **invoice(1, 101.0))

    def test_leaves_credit_notes_and_bills_alone(self):
        for kind in ("out_refund", "in_invoice", "entry"):
            assert not holds(guard_domain([GuardLimit(1, None, "", "EUR")]), **invoice(1, 1e6, kind))

    def test_without_limits_holds_nothing(self):
        assert guard_domain([]) == NOTHING
        assert not holds(NOTHING, **invoice(1, 1e6))

    @given(st.lists(st.tuples(st.integers(1, 4), st.one_of(st.none(), st.integers(0, 10**7))), max_size=6), st.data())
    def test_is_a_superset_of_its_limits(self, limits, data):
        """What any limit asks about is held; only a None or a foreign currency holds more."""
        domain = guard_domain(GuardLimit(c, None if a is None else Decimal(a) / 100, "EUR", "EUR") for c, a in limits)
        company, cents = data.draw(st.integers(1, 5)), data.draw(st.integers(0, 10**7))
        asked = any(company == c and (a is None or cents > a) for c, a in limits)
        assert holds(domain, **invoice(company, cents / 100)) is asked


def facts(**changes: Any) -> dict[str, Any]:
    lines = [{"product": 3, "text": "Go-live", "quantity": "2.0", "unit_price": "100.5", "discount": "0.0"}]
    base = {
        "company": {"id": 1},
        "client": {"id": 7},
        "amount": {"amount": "201.00", "currency": "EUR"},
        "lines": lines,
    }
    return base | changes


def line(**changes: Any) -> dict[str, Any]:
    return facts()["lines"][0] | changes


class TestReleaseText:
    def test_begins_with_what_people_can_read(self):
        head, digest = release_text(facts()).rsplit("|", 1)
        assert head == "1|7|EUR|201.00"
        assert len(digest) == 64

    @pytest.mark.parametrize(
        "changes",
        [
            {"company": {"id": 2}},
            {"client": {"id": 8}},
            {"amount": {"amount": "201.01", "currency": "EUR"}},
            {"amount": {"amount": "201.00", "currency": "USD"}},
            {"lines": []},
            {"lines": [line(), line()]},
            *({"lines": [line(**{key: value})]} for key, value in [
                ("product", None), ("text", "Go-live "), ("quantity", "2.000001"), ("unit_price", "100.500001"),
                ("discount", "0.000001"), ("text", 'Go-live", "2'),
            ]),
        ],
    )  # fmt: skip
    def test_changes_with_every_material_fact(self, changes):
        assert release_text(facts(**changes)) != release_text(facts())

    def test_changes_with_the_order_of_the_lines(self):
        lines = [line(), line(text="Other")]
        assert release_text(facts(lines=lines)) != release_text(facts(lines=lines[::-1]))

    @pytest.mark.parametrize(
        ("field", "same"),
        [
            ("quantity", ["2", "2.0", 2.0, Decimal("2.00"), "2.0000000000000004"]),
            ("discount", ["0", "-0.0", -0.0, None, "0.0000001", "-0.0000001"]),
            ("product", [None, 0, False]),
            ("text", ["", None, False]),
        ],
    )
    def test_is_one_text_for_one_value(self, field, same):
        assert len({release_text(facts(lines=[line(**{field: value})])) for value in same}) == 1

    def test_has_no_minus_zero_total(self):
        assert "|-0" not in release_text(facts(amount={"amount": "-0.001", "currency": "EUR"}))

    def test_stands_a_draft_without_a_client(self):
        assert release_text(facts(client=None)).startswith("1|0|EUR|")

    @given(st.lists(st.text(), min_size=1, max_size=3), st.lists(st.text(), min_size=1, max_size=3))
    def test_keeps_names_apart_whatever_they_contain(self, ours, theirs):
        one, two = (release_text(facts(lines=[line(text=text) for text in texts])) for texts in (ours, theirs))
        assert (one == two) == (ours == theirs)


class TestPublishGuard:
    def test_refuses_a_mode_that_is_none(self):
        with pytest.raises(ValueError, match="'on' is no mode"):
            publish_guard(None, NOTHING, "on")  # type: ignore[arg-type]

    @pytest.mark.parametrize("domain", ["{}", "null", "[["])
    def test_refuses_a_domain_that_is_none(self, domain):
        with pytest.raises(ValueError, match=r"."):
            publish_guard(None, domain, "enforce")  # type: ignore[arg-type]


@pytest.mark.parametrize("guarded", MODELS, ids=lambda guarded: guarded.short)
def test_the_code_for_odoo_is_python(guarded):
    for code in (guarded.code(), guarded.code("order_id")):
        compile(code.strip(), guarded.short, "exec")
