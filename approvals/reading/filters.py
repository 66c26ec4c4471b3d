"""What the address says about a list: words to find and filters, as a query and as chips that can be taken off."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from datetime import datetime
from decimal import Decimal, InvalidOperation

from django.conf import settings
from django.db.models import Exists, OuterRef, Q
from django.http import QueryDict
from django.utils.translation import gettext as _

from approvals.models import Mention, Request, RequestQuerySet
from cockpit.accounts import grants
from cockpit.accounts.models import Person, Unit, User
from cockpit.pages import words

DUE = ("late", "today", "week")
LONGEST = 100


@dataclass(frozen=True)
class Filters:
    """All as text, as they stand in the address; what makes no sense is left out when they are read.

    `low` and `high` are amounts in the reporting currency; `due` is late, today or week; `mentions` is "me".
    """

    unit: str = ""
    client: str = ""
    low: str = ""
    high: str = ""
    due: str = ""
    by: str = ""
    state: str = ""
    mentions: str = ""

    @classmethod
    def read(cls, given: QueryDict) -> Filters:
        found = cls(**{one.name: given.get(one.name, "").strip()[:LONGEST] for one in fields(cls)})
        sense = {
            "unit": found.unit if found.unit.isascii() and found.unit.isdigit() and len(found.unit) < 18 else "",
            "low": plain(found.low),
            "high": plain(found.high),
            "due": found.due if found.due in DUE else "",
            "state": found.state if found.state in set(Request.State) else "",
            "mentions": "me" if found.mentions == "me" else "",
        }
        return replace(found, **sense)

    @property
    def given(self) -> dict[str, str]:
        return {one.name: value for one in fields(self) if (value := getattr(self, one.name))}

    def apply(self, rows: RequestQuerySet, user: User, at: datetime) -> RequestQuerySet:
        if self.unit:
            top = int(self.unit)
            rows = rows.filter(unit__in=[one.pk for one in grants.all_units(user) if top in one.ancestor_ids])
        if self.client:
            rows = rows.filter(client_name__icontains=self.client)
        if self.low:
            rows = rows.filter(amount_reporting__gte=Decimal(self.low))
        if self.high:
            rows = rows.filter(amount_reporting__lte=Decimal(self.high))
        if self.by:
            named = Person.objects.filter(name__icontains=self.by).values_list("pk", flat=True)[:500]
            rows = rows.filter(requester__in=list(named))  # known ids: the planner then counts on what it finds
        if self.state:
            rows = rows.filter(state=self.state)
        if self.due:
            rows = rows.filter(due_at__lt=self._edge(at))
        if self.mentions:
            rows = rows.filter(mentioning(user))
        return rows

    def _edge(self, at: datetime) -> datetime:
        edges = {"late": lambda: at, "today": lambda: words.end_of_day(at), "week": lambda: words.end_of_week(at)}
        return edges[self.due]()

    def words(self, units: Iterable[Unit]) -> dict[str, str]:
        """Each filter that is set, as its chip says it; a unit is named only if it is among `units`."""
        amount = {
            name: words.money(self.given.get(name) or "0", settings.REPORTING_CURRENCY) for name in ("low", "high")
        }
        unit = next((one.name for one in units if str(one.pk) == self.unit), "")
        due = {"late": _("late"), "today": _("due today or late"), "week": _("due this week or late")}
        states = {str(value): str(label) for value, label in Request.State.choices}
        said = {
            "unit": unit or _("no such unit"),
            "client": _("client: %(text)s") % {"text": self.client},
            "low": _("from %(amount)s") % {"amount": amount["low"]},
            "high": _("up to %(amount)s") % {"amount": amount["high"]},
            "due": due.get(self.due, ""),
            "by": _("asked by: %(text)s") % {"text": self.by},
            "state": states.get(self.state, ""),
            "mentions": _("mentions you"),
        }
        return {name: said[name] for name in self.given}


def matching(rows: RequestQuerySet, text: str) -> RequestQuerySet:
    """Those whose number, title, client, record or amount has each of the words; an amount is one written as one."""
    for word in text.split()[:8]:
        found = Q(haystack__icontains=word)
        digits = word.upper().removeprefix("R-")
        if digits.isascii() and digits.isdigit() and len(digits) < 18:
            found |= Q(pk=int(digits))
        if (amount := plain(word.lstrip("€$£"))) and abs(Decimal(amount)) < 10**15:
            found |= Q(amount=Decimal(amount))
            if "." not in amount:
                found |= Q(amount__gte=Decimal(amount), amount__lt=Decimal(amount) + 1)
        rows = rows.filter(found)
    return rows


def mentioning(user: User) -> Q:
    """Requests in which somebody named this person, who has not looked yet."""
    person = getattr(user, "person", None)
    if person is None:
        return Q(pk__in=[])
    return Q(Exists(Mention.objects.filter(request=OuterRef("pk"), person=person, seen_at__isnull=True)))


def units_of(user: User) -> list[Unit]:
    """The units one may choose from."""
    held = set().union(*grants.granted_units(user).values())
    return [unit for unit in grants.all_units(user) if unit.pk in held and unit.active]


def plain(text: str) -> str:
    """An amount as people write it ("48,200.50", "48.200,50", "48 200") as a plain number; empty if it is none."""
    text = re.sub(r"[\s']", "", text)
    if not re.fullmatch(r"\d[\d.,]*", text, flags=re.ASCII):
        return ""
    last = max(text.rfind("."), text.rfind(","))
    cents = len(text) - last - 1
    if last >= 0 and (cents in (1, 2) or (cents > 3)):
        text = f"{re.sub('[.,]', '', text[:last])}.{text[last + 1 :]}"
    else:
        text = re.sub("[.,]", "", text)
    try:
        return str(Decimal(text)) if len(text) <= 18 else ""
    except InvalidOperation:
        return ""
