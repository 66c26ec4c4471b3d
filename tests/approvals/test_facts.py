import pytest

from approvals.facts import FactError, check, digest, moved
from approvals.kinds import Fact, FactType, Kind

KIND = Kind(
    key="k",
    label="Kind",
    title=lambda f: "",
    if_approved=lambda f: "",
    if_rejected=lambda f: "",
    changes=lambda f: [],
    facts=(
        Fact("amount", "Amount", FactType.MONEY, material=True, tolerance=5),
        Fact("client", "Client", FactType.RECORD, material=True),
        Fact("margin", "Margin", FactType.NUMBER, material=True),
        Fact("remark", "Remark", FactType.TEXT),
        Fact("lines", "Lines", FactType.LINES, material=True),
    ),
)
FACTS = {
    "amount": {"amount": "100.00", "currency": "EUR"},
    "client": {"id": 1, "name": "Brandt"},
    "margin": "31.0",
    "remark": "a",
}


def lines_moved(old, new):
    return [one.fact.key for one in moved(KIND, {**FACTS, "lines": old}, {**FACTS, "lines": new})]


class TestLines:
    def test_described_more_fully_have_not_moved(self):
        assert lines_moved([{"text": "Go-live"}], [{"text": "Go-live", "net": "100.00"}]) == []

    @pytest.mark.parametrize("now", [[{"text": "Other", "net": "1"}], [], [{"text": "Go-live"}, {"text": "Go-live"}]])
    def test_that_differ_come_or_go_have_moved(self, now):
        assert lines_moved([{"text": "Go-live"}], now) == ["lines"]


class TestMoved:
    @pytest.mark.parametrize(
        ("change", "keys"),
        [
            ({}, []),
            ({"remark": "b"}, []),
            ({"amount": {"amount": "105.00", "currency": "EUR"}}, []),
            ({"amount": {"amount": "105.01", "currency": "EUR"}}, ["amount"]),
            ({"amount": {"amount": "100.00", "currency": "USD"}}, ["amount"]),
            ({"client": {"id": 1, "name": "Brandt AG"}}, []),
            ({"client": {"id": 2, "name": "Brandt"}}, ["client"]),
            ({"margin": "31.00"}, []),
            ({"margin": None, "client": None}, ["client", "margin"]),
        ],
    )
    def test_names_the_material_facts_beyond_their_tolerance(self, change, keys):
        assert [move.fact.key for move in moved(KIND, FACTS, {**FACTS, **change})] == keys


class TestCheck:
    @pytest.mark.parametrize(
        ("facts", "says"),
        [
            ({"budget": "1"}, "budget is not declared"),
            ({"amount": "100"}, "amount is not written as money"),
            ({"amount": {"amount": 100.0, "currency": "EUR"}}, "amount is not written as money"),
            ({"margin": "much"}, "margin is not written as number"),
            ({"client": "Brandt"}, "client is not written as record"),
        ],
    )
    def test_names_the_fact_that_is_wrong(self, facts, says):
        with pytest.raises(FactError, match=says):
            check(KIND, facts)

    def test_takes_not_known(self):
        check(KIND, {"amount": None, "margin": None})


class TestDigest:
    def test_depends_on_values_and_not_on_order(self):
        assert digest(FACTS) == digest(dict(reversed(FACTS.items()))) != digest({**FACTS, "margin": "31.00"})
