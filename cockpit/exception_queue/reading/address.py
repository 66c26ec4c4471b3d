"""What the address says about the list: tab, grouping, filters as chips, and where a page begins."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from django.db.models import Q
from django.http import QueryDict
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from cockpit.accounts.models import Unit
from cockpit.exception_queue.kinds import kind_of
from cockpit.exception_queue.models import Case


class Tab(StrEnum):
    OPEN = "open"
    MINE = "mine"
    UNOWNED = "unowned"
    SNOOZED = "snoozed"
    RESOLVED = "resolved"


class Group(StrEnum):
    CAUSE = "cause"
    UNIT = "unit"
    SEVERITY = "severity"


class CursorError(ValueError):
    """The address names a place in the list that cannot be."""


@dataclass(frozen=True)
class Chip:
    label: str
    without: str  # the query without it


@dataclass(frozen=True)
class Address:
    tab: Tab | None = None
    group: Group = Group.CAUSE
    kind: str = ""
    unit: str = ""
    severity: str = ""
    text: str = ""
    after: str = ""

    @classmethod
    def read(cls, given: QueryDict) -> Address:
        """What makes no sense is left out."""
        tab, group = given.get("tab", ""), given.get("group", "")
        severity, unit = given.get("severity", ""), given.get("unit", "")
        return cls(
            tab=Tab(tab) if tab in set(Tab) else None,
            group=Group(group) if group in set(Group) else Group.CAUSE,
            kind=given.get("kind", "")[:60],
            unit=unit if unit.isascii() and unit.isdigit() and len(unit) < 18 else "",
            severity=severity if severity in Case.Severity.values else "",
            text=given.get("q", "").strip()[:100],
            after=given.get("after", "")[:400],
        )

    def query(self, **changes: Any) -> str:
        """The address again, with changes; "" takes a part away. Where one is in the list is never kept."""
        now = replace(self, after="", **changes)
        parts = {"tab": now.tab or "", "group": now.group if now.group != Group.CAUSE else "", "kind": now.kind}
        parts |= {"unit": now.unit, "severity": now.severity, "q": now.text, "after": now.after}
        found = {name: str(value) for name, value in parts.items() if value}
        return f"?{urlencode(found)}" if found else ""

    def filters(self) -> Q:
        found = Q()
        if self.kind:
            found &= Q(kind=self.kind)
        if self.unit:
            path = Unit.objects.filter(pk=self.unit).values_list("path", flat=True).first()
            found &= Q(unit__path__startswith=path) if path else Q(pk__in=[])
        if self.severity:
            found &= Q(severity=self.severity)
        for word in self.text.split()[:8]:
            found &= _has(word)
        return found

    def chips(self) -> list[Chip]:
        said = []
        if self.kind:
            said.append(Chip(str(kind_of(self.kind).label), self.query(kind="")))
        if self.unit:
            name = Unit.objects.filter(pk=self.unit).values_list("name", flat=True).first()
            said.append(Chip(name or _("no such unit"), self.query(unit="")))
        if self.severity:
            label = dict(Case.Severity.choices)[self.severity]
            said.append(Chip(_("severity: %(severity)s") % {"severity": label}, self.query(severity="")))
        if self.text:
            said.append(Chip(_("found: %(text)s") % {"text": self.text}, self.query(text="")))
        return said


def _has(word: str) -> Q:
    digits = word.upper().removeprefix("E-")
    found = Q(title__icontains=word) | Q(unit__name__icontains=word) | Q(owner__name__icontains=word)
    return found | Q(pk=int(digits)) if digits.isascii() and digits.isdigit() and len(digits) < 18 else found


def pack(place: list[Any]) -> str:
    text = json.dumps(place, default=str, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def unpack(text: str, length: int) -> list[Any]:
    """Raises CursorError."""
    try:
        place = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (binascii.Error, ValueError) as problem:
        raise CursorError("No such place in the list.") from problem
    if not isinstance(place, list) or len(place) != length:
        raise CursorError("No such place in the list.")
    return place
