"""What the check of a decision table finds, by tables: each finding names its row, and a sound table has none."""

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.kinds import Fact, FactType
from approvals.lint import lint
from approvals.lint_world import Place, World
from approvals.policy import Version, route, rule_from_data

FACTS = {
    "amount": Fact("amount", "Amount", FactType.MONEY),
    "margin": Fact("margin", "Margin", FactType.NUMBER),
    "tier": Fact("tier", "Tier", FactType.TEXT),
}
DE, MUNICH, US = 1, 2, 3
UNITS = {
    DE: Place(DE, "Germany", (DE,)),
    MUNICH: Place(MUNICH, "Munich", (DE, MUNICH)),
    US: Place(US, "America", (US,)),
}
WORLD = World(
    units=UNITS,
    holders={
        "finance": {DE: frozenset({1, 2}), MUNICH: frozenset({1, 2}), US: frozenset({3})},
        "partner": {DE: frozenset({4}), MUNICH: frozenset({4})},
        "pmo": {unit: frozenset({5, 6, 7}) for unit in UNITS},
    },
    people={1: "Ann", 2: "Dan", 3: "Frank", 4: "Pia", 5: "Mia", 6: "Max", 7: "Moe"},
)
FINANCE = {"role": "finance"}


def above(limit: Any, op: str = ">", fact: str = "amount", currency: str = "EUR") -> dict[str, Any]:
    return {"fact": fact, "op": op, "value": limit, "currency": currency if fact == "amount" else ""}


def row(*when: dict, ask: Any = (), unit: int | None = None, add_on: bool = False) -> tuple:
    return list(when), [ask] if isinstance(ask, dict) else list(ask), unit, add_on


def found(*rows: tuple) -> list[tuple[int, str, bool]]:
    rules = tuple(
        rule_from_data(number, f"Row {number}", when, steps, unit, add_on)
        for number, (when, steps, unit, add_on) in enumerate(rows, start=1)
    )
    return [(one.rule, one.code, one.stops) for one in lint(Version(1, 1, "x", rules), FACTS, WORLD)]


SOUND = {
    "rising limits": [row(above(50), ask=FINANCE), row(above(10), ask=FINANCE), row()],
    "the unit's own row before that of all": [row(ask=FINANCE, unit=DE), row(ask=FINANCE)],
    "an add-on row beside a row that takes everything": [
        row(ask=FINANCE),
        row(above(9), ask={"role": "pmo"}, add_on=True),
    ],
    "another currency says nothing of this one": [
        row(above(10), ask=FINANCE),
        row(above(50, currency="USD"), ask=FINANCE),
    ],
    "a word beside another": [row(above("A", "=", "tier"), ask=FINANCE), row(above("B", "=", "tier"), ask=FINANCE)],
    "everybody of a role, with a reject rule": [row(ask={"role": "pmo", "quorum": 0, "reject": "any"})],
    "a ladder saves what has too few": [
        row(
            ask={
                "role": "partner",
                "quorum": 2,
                "reject": "quorum",
                "ladder": [{"at": 100, "to": "role:pmo", "hand_over": True}],
            },
            unit=DE,
        )
    ],
    "a person named": [row(ask={"role": "finance", "who": "person:4"})],
}
WRONG = {
    "a higher limit after a lower one": (
        [row(above(10), ask=FINANCE), row(above(50), ask=FINANCE)],
        [(2, "shadowed", True)],
    ),
    "the same row twice": ([row(above(10), ask=FINANCE), row(above(10), ask=FINANCE)], [(2, "shadowed", True)]),
    "at least, after above": (
        [row(above(10, ">="), ask=FINANCE), row(above(10), ask=FINANCE)],
        [(2, "shadowed", True)],
    ),
    "a row after one without conditions": ([row(ask=FINANCE), row(above(10), ask=FINANCE)], [(2, "shadowed", True)]),
    "what passes is asked about afterwards": (
        [row(above(10, "<=")), row(above(5, "<="), ask=FINANCE)],
        [(2, "shadowed", True)],
    ),
    "two rows that leave nothing": (
        [row(above(10), ask=FINANCE), row(above(10, "<="), ask=FINANCE), row(above(7), ask=FINANCE)],
        [(3, "unreachable", True)],
    ),
    "each unit has its own row already": (
        [row(ask=FINANCE, unit=DE), row(ask=FINANCE, unit=US), row(above(3), ask=FINANCE)],
        [(3, "unreachable", True)],
    ),
    "a unit that is gone": ([row(ask=FINANCE, unit=99), row(ask=FINANCE)], [(1, "unreachable", True)]),
    "above and below at once": ([row(above(50), above(10, "<"), ask=FINANCE)], [(1, "contradictory", True)]),
    "two words at once": (
        [row(above("A", "=", "tier"), above("B", "=", "tier"), ask=FINANCE)],
        [(1, "contradictory", True)],
    ),
    "a list without the word": (
        [row(above(["A", "B"], "in", "tier"), above("C", "=", "tier"), ask=FINANCE)],
        [(1, "contradictory", True)],
    ),
    "a step that its row excludes": (
        [row(above(10, "<"), ask=[FINANCE, {"role": "pmo", "when": [above(20)]}])],
        [(1, "contradictory", True)],
    ),
    "nobody holds the role anywhere": ([row(ask={"role": "auditor"})], [(1, "no_approver", True)]),
    "nobody holds it in one unit": ([row(ask={"role": "partner"})], [(1, "no_approver", False)]),
    "nobody answers where the record names nobody": (
        [row(ask={"role": "auditor", "who": "manager:1"})],
        [(1, "no_fallback", False)],
    ),
    "somebody who left": ([row(ask={"role": "finance", "who": "person:99"})], [(1, "gone", False)]),
    "more approvals than people": (
        [row(ask={"role": "pmo", "quorum": 4, "reject": "any"})],
        [(1, "waits", True)],
    ),
    "two approvals of one person": (
        [row(ask={"role": "finance", "who": "person:4", "quorum": 2, "reject": "any"})],
        [(1, "waits", True)],
    ),
    "too few in one unit": (
        [row(ask={"role": "finance", "quorum": 2, "reject": "any"})],
        [(1, "waits", False)],
    ),
    "a ladder to nobody saves nothing": (
        [
            row(
                ask={
                    "role": "partner",
                    "quorum": 2,
                    "reject": "any",
                    "ladder": [{"at": 100, "to": "role:auditor", "hand_over": True}],
                },
                unit=MUNICH,
            )
        ],
        [(1, "waits", True)],
    ),
    "one partner in two steps": (
        [row(ask=[{"role": "partner"}, {"role": "partner", "order": 2}], unit=DE)],
        [(1, "waits", True)],
    ),
    "several, and no reject rule": (
        [row(ask={"role": "pmo", "quorum": 2, "reject": ""})],
        [(1, "reject", True)],
    ),
    "a limit without a currency": ([row(above(10, currency=""), ask=FINANCE)], [(1, "currency", True)]),
    "six people, with the add-on": (
        [
            row(above(10), ask={"role": "pmo", "quorum": 3, "reject": "any"}, unit=DE),
            row(
                above(5),
                ask=[{"role": "finance", "quorum": 2, "reject": "any"}, {"role": "partner"}],
                unit=DE,
                add_on=True,
            ),
        ],
        [(1, "many", False)],
    ),
}


class TestLint:
    @pytest.mark.parametrize("name", SOUND)
    def test_finds_nothing_in_a_sound_table(self, name):
        assert found(*SOUND[name]) == []

    @pytest.mark.parametrize("name", WRONG)
    def test_names_the_row_and_whether_it_stops(self, name):
        rows, expected = WRONG[name]
        assert found(*rows) == expected

    def test_says_what_to_do_about_each(self):
        rules = tuple(
            rule_from_data(number, f"Row {number}", [above(10)], [{"role": "finance"}], None, False)
            for number in (1, 2)
        )
        (finding,) = lint(Version(1, 1, "x", rules), FACTS, WORLD)
        assert "row 1 “Row 1” takes every record before it" in finding.says
        assert finding.do == "Move it before them, or make its conditions wider than theirs, or delete it."

    def test_a_row_that_only_the_unknown_reaches_says_so(self):
        rules = (
            rule_from_data(1, "Passes", [above(10, "<=")], [], None, False),
            rule_from_data(2, "Asks", [above(5, "<=")], [{"role": "finance"}], None, False),
        )
        (finding,) = lint(Version(1, 1, "x", rules), FACTS, WORLD)
        assert "Only where a fact is not known would it be asked." in finding.says


operators = st.sampled_from([">", ">=", "<", "<=", "=", "!="])
limits = st.tuples(st.sampled_from(["amount", "margin"]), operators, st.integers(1, 3))
tables = st.lists(
    st.tuples(st.lists(limits, max_size=3), st.booleans(), st.sampled_from([None, DE, MUNICH, US])), max_size=6
)


class TestWhatIsNeverReached:
    @given(tables)
    def test_is_exactly_what_routing_never_takes(self, table):
        """Against every combination of values on, between and beyond the limits, in every unit, by routing itself."""
        rules = tuple(
            rule_from_data(
                number,
                f"Row {number}",
                [above(str(limit), op, fact) for fact, op, limit in when],
                [{"role": "pmo"}] if asks else [],
                unit,
                False,
            )
            for number, (when, asks, unit) in enumerate(table, start=1)
        )
        version = Version(1, 1, "x", rules)
        never = {"shadowed", "unreachable", "contradictory"}
        said = {one.rule for one in lint(version, FACTS, WORLD) if one.code in never}
        values = [str(half / 2) for half in range(1, 8)]
        taken = {
            row.rule.number
            for amount, margin in itertools.product(values, values)
            for place in UNITS.values()
            for row in route(
                version, {"amount": {"amount": amount, "currency": "EUR"}, "margin": margin}, place.path
            ).matched
        }
        assert said == {rule.number for rule in rules} - taken
