"""The address is the whole state of the list: tab, order, filters, words to find, place, and what was decided last."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from django.http import QueryDict
from django.utils.http import urlencode

from approvals.models import RequestQuerySet
from approvals.reading.filters import Filters, matching
from approvals.reading.tabs import NEWEST, Order, Sort, Tab, of_tab, order_of
from cockpit.accounts.models import User


@dataclass(frozen=True)
class Address:
    """`within` comes from the frame, not from the address: the ids of the units chosen there, None for all."""

    tab: Tab | None = None
    text: str = ""
    after: str = ""
    decided: int | None = None
    sort: Sort = Sort.COST
    filters: Filters = field(default_factory=Filters)
    within: frozenset[int] | None = None

    @classmethod
    def read(cls, given: QueryDict, within: set[int] | None = None) -> Address:
        """Anything else that is there is ignored; an unknown tab is none."""
        tab, decided, sort = given.get("tab", ""), given.get("decided", ""), given.get("sort", "")
        return cls(
            Tab(tab) if tab in set(Tab) else None,
            given.get("q", "").strip()[:200],
            given.get("after", "")[:80],
            int(decided) if decided.isascii() and decided.isdigit() and len(decided) < 18 else None,
            Sort(sort) if sort in set(Sort) else Sort.COST,
            Filters.read(given),
            frozenset(within) if within is not None else None,
        )

    def query(self, **changes: object) -> str:
        """For links: "?tab=needs&q=brandt"."""
        sort = self.sort if self.sort != Sort.COST else None
        known: dict[str, object] = {"tab": self.tab, "q": self.text, "sort": sort, **self.filters.given}
        known |= {"after": "", "decided": self.decided, **changes}
        text = urlencode({name: str(value) for name, value in known.items() if value})
        return f"?{text}" if text else ""

    @property
    def narrowed(self) -> bool:
        """Is it less than the whole tab, by what somebody typed or chose here?"""
        return bool(self.text or self.filters.given)

    def order(self, tab: Tab) -> Order:
        return order_of(tab, self.sort)

    def dated(self, tab: Tab) -> bool:
        """Does the list fall into days, or is it one run?"""
        return tab == Tab.DONE or (tab not in NEWEST and self.sort == Sort.DUE)

    def rows(self, user: User, tab: Tab, at: datetime) -> RequestQuerySet:
        """The tab's requests that this address asks for, in no order."""
        rows = of_tab(user, tab, at)
        if self.within is not None:
            rows = rows.filter(unit__in=self.within)
        return matching(self.filters.apply(rows, user, at), self.text)
