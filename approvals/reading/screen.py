"""The whole screen: tabs, order, filters, list, the request beside it, and what was decided last."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

from django.http import QueryDict
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from approvals.models import Decision, Request, RequestQuerySet
from approvals.reading import counting, news, page, queue, toasts
from approvals.reading.address import Address
from approvals.reading.filters import units_of
from approvals.reading.tabs import NEWEST, Sort, Tab, of_tab, tab_of
from approvals.services import AlreadyDecidedError, DecisionRefused
from cockpit import saved_views
from cockpit.accounts.models import Person, Unit, User

COUNTED_VIEWS = 12


@dataclass(frozen=True)
class Link:
    """`count` only on tabs; `small` says how an order is meant."""

    label: str
    url: str
    current: bool = False
    count: str = ""
    small: str = ""


@dataclass(frozen=True)
class Screen:
    user: User
    address: Address
    tab: Tab
    tabs: list[Link]
    listing: queue.Listing
    page: page.RequestPage | None
    first: Request | None  # of the list, where the address names none: it is shown beside it where there is room
    toast: toasts.Toast | None
    last: Decision | None  # for the empty queue
    next_due: datetime | None  # for the empty queue
    many_units: bool  # then each row says whose it is
    many_kinds: bool  # then each row says which

    @property
    def beside(self) -> int | None:
        """The id of what is shown beside the list."""
        return self.page.request.pk if self.page else self.first.pk if self.first else None

    @property
    def query(self) -> str:
        """For the links of rows and forms."""
        return self.address.query(tab=self.tab)

    @property
    def more(self) -> str:
        return self.address.query(tab=self.tab, after=self.listing.after, decided=None)

    @property
    def news_query(self) -> str:
        """Asks whether there is news, against what of the list is on the screen; empty where nobody waits for it."""
        if self.tab in NEWEST or self.address.after:
            return ""
        rows = (row.request for group in self.listing.groups for row in group.rows)
        return self.address.query(tab=self.tab, decided=None, seen=news.seen(rows))

    @property
    def sorts(self) -> list[Link]:
        """The orders to choose from; none where the list has its own."""
        if self.tab in NEWEST:
            return []
        means = {
            Sort.COST: (_("cost of delay"), _("money blocked, shared among the working days left to its cut-off")),
            Sort.DUE: (_("due"), _("what falls due first")),
            Sort.AMOUNT: (_("amount"), _("the largest first")),
            Sort.OLDEST: (_("oldest"), _("what was asked first")),
        }
        return [
            Link(
                label, _list(self.address, tab=self.tab, sort=sort, decided=None), sort == self.address.sort, small=said
            )
            for sort, (label, said) in means.items()
        ]

    @property
    def sort_label(self) -> str:
        return next((link.label for link in self.sorts if link.current), "")

    @property
    def chips(self) -> list[Link]:
        """What narrows the list; each link leaves that one out."""
        found = {"q": _("found: %(text)s") % {"text": self.address.text}} if self.address.text else {}
        said = found | self.address.filters.words(self.units)
        return [
            Link(text, _list(self.address, tab=self.tab, **{name: ""}, decided=None)) for name, text in said.items()
        ]

    @property
    def without(self) -> str:
        """The whole tab again."""
        sort = self.address.sort if self.address.sort != Sort.COST else None
        return _list(Address(sort=sort or Sort.COST), tab=self.tab)

    @property
    def views_query(self) -> str:
        return f"?{urlencode({'now': self.query})}"

    @cached_property
    def units(self) -> list[Unit]:
        return units_of(self.user)

    @property
    def states(self) -> list[tuple[str, str]]:
        """The states that can stand in this tab."""
        wanted = {
            Tab.DONE: (Request.State.APPROVED, Request.State.REJECTED, Request.State.CLOSED),
            Tab.NEEDS: (),
            Tab.MINE: tuple(Request.State),
        }.get(self.tab, Request.OPEN)
        return [(state.value, str(state.label)) for state in wanted]

    @property
    def dues(self) -> list[tuple[str, str]]:
        if self.tab == Tab.DONE:
            return []
        return [("late", _("Late")), ("today", _("Today or late")), ("week", _("This week or late"))]


def read(user: User, pk: int | None, address: Address, at: datetime, *, rows_only: bool = False) -> Screen:
    """Raises Request.DoesNotExist and CursorError. `rows_only`: the rest is on the screen already."""
    shown = page.read(pk, user, at) if pk is not None else None
    tab = address.tab or (tab_of(shown.request, user, at) if shown else Tab.NEEDS)
    beside = {} if rows_only else _beside(user, tab, address, at)
    listing = queue.listing(user, tab, address, at, beside)
    empty = not listing.groups and not rows_only
    every = [row.request for group in listing.groups for row in group.rows]
    return Screen(
        user=user,
        address=address,
        tab=tab,
        tabs=[] if rows_only else _tabs(tab, address, listing),
        listing=listing,
        page=shown,
        first=every[0] if every and shown is None else None,
        toast=toasts.read(address.decided, user, at) if address.decided and address.decided != pk else None,
        last=_last(user) if empty else None,
        next_due=_next_due(user, address, beside, at) if empty else None,
        many_units=len({one.unit_id for one in every}) > 1,
        many_kinds=len({one.kind_key for one in every}) > 1,
    )


def _beside(user: User, tab: Tab, address: Address, at: datetime) -> dict[str, RequestQuerySet]:
    """The lists whose numbers stand beside this one. What is done is not counted: it only grows."""
    counted = [one for one in Tab if one not in (tab, Tab.DONE)]
    lists: dict[str, RequestQuerySet] = {one: address.rows(user, one, at) for one in counted}
    if address.narrowed or address.within is not None:
        lists[queue.RAIL] = of_tab(user, Tab.NEEDS, at)
    return lists


def next_address(user: User, decided: int, address: Address, at: datetime) -> str:
    """Where deciding leads: the next request that needs one, with the toast of the one just decided."""
    query = address.query(tab=Tab.NEEDS, decided=decided)
    following = queue.following(user, Request.objects.get(pk=decided), address, at)
    return f"{reverse('request', args=[following.pk]) if following else reverse('queue')}{query}"


def after_snoozing(user: User, pk: int, address: Address, at: datetime) -> str:
    """Found before it is snoozed: the next of the same list."""
    tab = address.tab if address.tab in {Tab.NEEDS, Tab.WAITING} else Tab.NEEDS
    following = queue.following(user, Request.objects.get(pk=pk), address, at, tab)
    query = address.query(tab=tab, decided=None)
    return f"{reverse('request', args=[following.pk]) if following else reverse('queue')}{query}"


def views_counted(user: User, query: str, within: set[int] | None, at: datetime) -> list[saved_views.View]:
    """The kept views of the queue, the first of them with what each holds now, in one statement."""
    views = saved_views.listing(user, "queue", query)
    lists = {}
    for view in views[:COUNTED_VIEWS]:
        address = Address.read(QueryDict(view.query), within)
        lists[str(view.pk)] = address.rows(user, address.tab or Tab.NEEDS, at)
    numbers = counting.read(lists).numbers
    return [
        replace(view, count=counting.in_words(numbers[str(view.pk)])) if str(view.pk) in numbers else view
        for view in views
    ]


def said_already(problem: DecisionRefused, person: Person, step: int, verdict: str) -> bool:
    """A second click on the same button: what was asked for is done."""
    if not isinstance(problem, AlreadyDecidedError) or problem.decision is None:
        return False
    mine = problem.decision
    return (mine.person_id, mine.step_id, mine.verdict) == (person.pk, step, verdict)


def _list(address: Address, **changes: object) -> str:
    return f"{reverse('queue')}{address.query(**changes)}"


def _tabs(current: Tab, address: Address, listing: queue.Listing) -> list[Link]:
    labels = {
        Tab.NEEDS: _("Needs you"),
        Tab.WAITING: _("Waiting on others"),
        Tab.SNOOZED: _("Snoozed"),
        Tab.MINE: _("My requests"),
        Tab.DONE: _("Done"),
    }
    return [
        Link(
            label,
            _list(address, tab=tab, decided=None),
            tab == current,
            listing.counts.get(tab, "") if tab != Tab.DONE else "",
        )
        for tab, label in labels.items()
    ]


def _next_due(user: User, address: Address, beside: Mapping[str, RequestQuerySet], at: datetime) -> datetime | None:
    """When the next of what one sees here falls due."""
    rows = beside.get(Tab.WAITING)
    rows = address.rows(user, Tab.WAITING, at) if rows is None else rows
    return rows.filter(due_at__gt=at).order_by("due_at").values_list("due_at", flat=True).first()


def _last(user: User) -> Decision | None:
    person = getattr(user, "person", None)
    if person is None:
        return None
    return (
        Decision.objects.filter(person=person, void_at__isnull=True)
        .select_related("round__request")
        .order_by("-at")
        .first()
    )
