"""Which requests stand in which tab, in which order, and where a page of them goes on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

from django.db.models import Case, Exists, F, OuterRef, Q, When

from approvals.models import Request, RequestQuerySet, Snooze
from cockpit.accounts.models import User


class Tab(StrEnum):
    NEEDS = "needs"
    WAITING = "waiting"
    SNOOZED = "snoozed"
    MINE = "mine"
    DONE = "done"


class Sort(StrEnum):
    """How the open ones may be ordered; what is done and what one asked for stand newest first."""

    COST = "cost"
    DUE = "due"
    AMOUNT = "amount"
    OLDEST = "oldest"


@dataclass(frozen=True)
class Order:
    """By one column and, among equals, by id. `descending_id`: the newer of two equals first.

    `open_first`: what is closed stands last, by the same column.
    """

    column: str
    descending: bool = False
    descending_id: bool = False
    open_first: bool = False

    @property
    def keys(self) -> tuple[Any, ...]:
        column = F(self.column)
        first = column.desc() if self.descending else column.asc(nulls_last=True)
        still = [Case(When(state__in=Request.OPEN, then=0), default=1)] if self.open_first else []
        return *still, first, "-pk" if self.descending_id else "pk"


ORDERS = {
    Sort.COST: Order("cost_of_delay", descending=True),
    Sort.DUE: Order("due_at"),
    Sort.AMOUNT: Order("amount_reporting", descending=True),
    Sort.OLDEST: Order("asked_at"),
}
NEWEST = {
    Tab.DONE: Order("closed_at", descending=True, descending_id=True),
    Tab.MINE: Order("asked_at", descending=True, descending_id=True, open_first=True),
}


def order_of(tab: Tab, sort: Sort) -> Order:
    return NEWEST.get(tab) or ORDERS[sort]


def of_tab(user: User, tab: Tab, at: datetime) -> RequestQuerySet:
    """The requests of a tab, in no order; never more than the user may see."""
    seen = Request.objects.visible_to(user)
    if tab == Tab.DONE:
        return seen.filter(closed_at__isnull=False).exclude(state__in=Request.OPEN)
    if tab == Tab.MINE:
        return seen.filter(requester=getattr(user, "person", None), requester__isnull=False)
    asleep = snoozed(user, at)
    if tab == Tab.SNOOZED:
        return seen.open().filter(asleep)
    rows = seen.needing(user) if tab == Tab.NEEDS else seen.waiting_on_others(user)
    return rows.exclude(asleep)


def tab_of(request: Request, user: User, at: datetime) -> Tab:
    """Where one would look for it."""
    if not request.is_open:
        return Tab.DONE
    this = Request.objects.filter(pk=request.pk)
    if this.filter(snoozed(user, at)).exists():
        return Tab.SNOOZED
    return Tab.NEEDS if this.needing(user).exists() else Tab.WAITING


def snoozed(user: User, at: datetime) -> Q:
    """What this person does not want to see now."""
    person = getattr(user, "person", None)
    if person is None:
        return Q(pk__in=[])
    asleep = Snooze.objects.filter(request=OuterRef("pk"), person=person, woke_at__isnull=True)
    return Q(Exists(asleep.filter(Q(wakes_at__gt=at) | Q(wakes_at__isnull=True))))


class CursorError(ValueError):
    """The cursor in the address is none of ours."""


@dataclass(frozen=True)
class Cursor:
    """The last row of a page: pages go on from it, so they stay right while others decide."""

    value: Any
    pk: int
    order: Order
    state: str = ""

    @classmethod
    def of(cls, request: Request, order: Order) -> Cursor:
        return cls(getattr(request, order.column), request.pk, order, request.state)

    @classmethod
    def read(cls, text: str, order: Order) -> Cursor | None:
        """ "2026-11-23T13:00:00+00:00~17~pending" or "8033.33~17~pending"; raises CursorError."""
        if not text:
            return None
        try:
            value, pk, state = text.split("~")
            return cls(_value(value, order), int(pk), order, state)
        except (ValueError, InvalidOperation) as problem:
            raise CursorError(f"{text!r} is no place in this list.") from problem

    @property
    def text(self) -> str:
        value = self.value.isoformat() if isinstance(self.value, datetime) else self.value
        return f"{'' if value is None else value}~{self.pk}~{self.state}"

    def beyond(self, rows: RequestQuerySet) -> RequestQuerySet:
        column, value = self.order.column, self.value
        if value is None:
            return rows.filter(**{f"{column}__isnull": True, "pk__gt": self.pk})
        way = "lt" if self.order.descending else "gt"
        after = Q(**{f"{column}__{way}": value}) | Q(**{f"pk__{'lt' if self.order.descending_id else 'gt'}": self.pk})
        further = Q(**{f"{column}__{way}e": value}) & after  # the index finds its place by the first half
        if self.order.open_first:
            still = Q(state__in=Request.OPEN)
            further = (still & further) | ~still if self.state in Request.OPEN else ~still & further
        return (
            rows.filter(further) if self.order.descending else rows.filter(further | Q(**{f"{column}__isnull": True}))
        )


def _value(text: str, order: Order) -> Any:
    """Of an open request only the due time may be missing."""
    if order.column in {"cost_of_delay", "amount_reporting"}:
        number = Decimal(text)
        if not number.is_finite() or abs(number) >= 10**16:
            raise ValueError(text)
        return number
    at = datetime.fromisoformat(text) if text else None
    if at.tzinfo is None if at else order.column != "due_at":
        raise ValueError(text)
    return at
