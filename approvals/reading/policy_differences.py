"""What differs between two versions, kept as data and said in the reader's language."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from django.utils.translation import gettext as _

from approvals import kinds
from approvals.differing import Difference, differences
from approvals.kinds import Change, Kind
from approvals.models import PolicyVersion
from approvals.policy import Rule, rule_from_data
from approvals.reading.tables import Names, rule_words
from cockpit.accounts.models import Person, Unit


def between(before: PolicyVersion | None, after: PolicyVersion) -> list[Difference]:
    return differences(before.table() if before else None, after.table())


def as_text(found: list[Difference]) -> str:
    """As a request keeps it: whole rows, so that everybody reads them in their own words."""
    rows = [{"what": one.what, "before": _data(one.before), "after": _data(one.after)} for one in found]
    return json.dumps(rows, ensure_ascii=False)


def from_text(text: str) -> list[Difference]:
    return [Difference(row["what"], _rule(row["before"]), _rule(row["after"])) for row in json.loads(text or "[]")]


def said(found: list[Difference], kind: Kind) -> list[Change]:
    """A line for each: which row, how it was, how it is. Two queries."""
    units = dict(Unit.objects.values_list("pk", "name"))
    names = dict(Person.objects.values_list("pk", "name"))
    return [_change(one, kind, names, units) for one in found]


def said_text(text: str, kind_key: str) -> list[Change]:
    """The same of what a request keeps."""
    return said(from_text(text), kinds.get(kind_key))


def _change(one: Difference, kind: Kind, names: Names, units: Mapping[int, str]) -> Change:
    rule = one.after or one.before
    assert rule is not None
    label = _("Row %(number)d “%(name)s”") % {"number": rule.number, "name": rule.name}
    if one.what == "moved" and one.before and one.after:
        at = _("row %(number)d")
        return Change(label, at % {"number": one.before.number}, at % {"number": one.after.number})
    before = rule_words(one.before, kind, names, units) if one.before else _("not there")
    after = rule_words(one.after, kind, names, units) if one.after else _("deleted")
    if one.before and one.after and one.before.name != one.after.name:
        before = f"“{one.before.name}” {before}"
    return Change(label, before, after)


def counts(found: list[Difference]) -> dict[str, int]:
    """How many rows were added, removed, changed (moved ones among them)."""
    whats = [one.what for one in found]
    return {
        "added": whats.count("added"),
        "removed": whats.count("removed"),
        "changed": whats.count("changed") + whats.count("moved"),
    }


def _data(rule: Rule | None) -> dict[str, Any] | None:
    return asdict(rule) if rule else None


def _rule(data: dict[str, Any] | None) -> Rule | None:
    if data is None:
        return None
    return rule_from_data(data["number"], data["name"], data["when"], data["steps"], data["unit_id"], data["add_on"])
