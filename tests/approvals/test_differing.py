"""What differs between two tables: rows added, removed, changed, moved; and nothing where nothing does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.differing import differences
from approvals.policy import Version, rule_from_data


def rule(number: int, name: str, limit: int = 1, unit: int | None = None):
    when = [{"fact": "amount", "op": ">", "value": str(limit), "currency": "EUR"}]
    return rule_from_data(number, name, when, [{"role": "finance"}], unit, False)


def version(*rows) -> Version:
    return Version(1, 1, "x", tuple(rule(number, *row) for number, row in enumerate(rows, start=1)))


def found(before, after):
    return [
        (one.what, one.before and one.before.name, one.after and one.after.name) for one in differences(before, after)
    ]


rows = st.lists(st.tuples(st.sampled_from("ABC"), st.integers(1, 3)), max_size=6)


class TestDifferences:
    @pytest.mark.parametrize(
        ("before", "after", "expected"),
        [
            ([("A",)], [("A",)], []),
            ([("A",)], [("A",), ("B",)], [("added", None, "B")]),
            ([("A",), ("B", 2)], [("A",)], [("removed", "B", None)]),
            ([("A", 1)], [("A", 2)], [("changed", "A", "A")]),
            ([("A", 1)], [("Z", 1)], [("changed", "A", "Z")]),
            ([("A", 1)], [("A", 1, 7)], [("changed", "A", "A")]),
            ([("A", 1)], [("Z", 9)], [("changed", "A", "Z")]),
            ([("A", 1), ("B", 2), ("C", 3)], [("C", 3), ("A", 1), ("B", 2)], [("moved", "C", "C")]),
            ([("A", 1), ("B", 2)], [("B", 2)], [("removed", "A", None)]),
        ],
    )
    def test_names_each_row_once(self, before, after, expected):
        assert found(version(*before), version(*after)) == expected

    def test_before_the_first_version_every_row_is_new(self):
        assert found(None, version(("A",), ("B",))) == [("added", None, "A"), ("added", None, "B")]

    @given(rows, rows)
    def test_accounts_for_every_row_of_both(self, before, after):
        old, new = version(*before), version(*after)
        changes = differences(old, new)
        added = sum(one.what == "added" for one in changes)
        removed = sum(one.what == "removed" for one in changes)
        assert len(old.rules) - removed + added == len(new.rules)
        assert differences(new, new) == []
