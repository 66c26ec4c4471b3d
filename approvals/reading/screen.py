"""The whole screen: tabs, list, the request beside it, and what was decided last."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.http import QueryDict
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from approvals.models import Decision, Request
from approvals.reading import page, queue, toasts
from approvals.reading.queue import Tab
from approvals.services import AlreadyDecidedError, DecisionRefused
from cockpit.accounts.models import Person, User


@dataclass(frozen=True)
class Address:
    """What the address says beside the request: tab, search, place in the list, what was decided last."""

    tab: Tab | None = None
    text: str = ""
    after: str = ""
    decided: int | None = None

    @classmethod
    def read(cls, given: QueryDict) -> Address:
        """Anything else that is there is ignored; an unknown tab is none."""
        tab, decided = given.get("tab", ""), given.get("decided", "")
        return cls(
            Tab(tab) if tab in set(Tab) else None,
            given.get("q", "").strip()[:200],
            given.get("after", "")[:80],
            int(decided) if decided.isascii() and decided.isdigit() and len(decided) < 18 else None,
        )

    def query(self, **changes: object) -> str:
        """For links: "?tab=needs&q=brandt"."""
        known = {"tab": self.tab, "q": self.text, "after": "", "decided": self.decided, **changes}
        text = urlencode({name: str(value) for name, value in known.items() if value})
        return f"?{text}" if text else ""


@dataclass(frozen=True)
class TabLink:
    label: str
    url: str
    count: str
    current: bool


@dataclass(frozen=True)
class Screen:
    address: Address
    tab: Tab
    tabs: list[TabLink]
    listing: queue.Listing
    page: page.RequestPage | None
    chosen: bool  # the address names the request; else it is only the first of the list
    toast: toasts.Toast | None
    last: Decision | None  # for the empty queue
    many_units: bool  # then each row says whose it is

    @property
    def query(self) -> str:
        """For the links of rows and forms."""
        return self.address.query(tab=self.tab)

    @property
    def more(self) -> str:
        return self.address.query(tab=self.tab, after=self.listing.after, decided=None)


def read(user: User, pk: int | None, address: Address, at: datetime) -> Screen:
    """Raises Request.DoesNotExist and CursorError."""
    shown = page.read(pk, user, at) if pk is not None else None
    tab = address.tab or (queue.tab_of(shown.request, user) if shown else Tab.NEEDS)
    listing = queue.listing(user, tab, text=address.text, after=address.after, at=at)
    if shown is None and listing.groups:
        shown = page.read(listing.groups[0].rows[0].request.pk, user, at)
    return Screen(
        address=address,
        tab=tab,
        tabs=_tabs(user, tab, address, listing),
        listing=listing,
        page=shown,
        chosen=pk is not None,
        toast=toasts.read(address.decided, user, at) if address.decided and address.decided != pk else None,
        last=_last(user) if not listing.groups else None,
        many_units=len({row.request.unit_id for group in listing.groups for row in group.rows}) > 1,
    )


def next_address(user: User, decided: int, given: QueryDict) -> str:
    """Where deciding leads: the next request that needs one, with the toast of the one just decided."""
    address = Address.read(given)
    query = address.query(tab=Tab.NEEDS, decided=decided)
    following = queue.following(user, Request.objects.get(pk=decided), address.text)
    return f"{reverse('request', args=[following.pk]) if following else reverse('queue')}{query}"


def said_already(problem: DecisionRefused, person: Person, step: int, verdict: str) -> bool:
    """A second click on the same button: what was asked for is done."""
    if not isinstance(problem, AlreadyDecidedError) or problem.decision is None:
        return False
    mine = problem.decision
    return (mine.person_id, mine.step_id, mine.verdict) == (person.pk, step, verdict)


def _tabs(user: User, current: Tab, address: Address, listing: queue.Listing) -> list[TabLink]:
    labels = {Tab.NEEDS: _("Needs you"), Tab.WAITING: _("Waiting on others"), Tab.DONE: _("Done")}
    return [
        TabLink(
            label,
            f"{reverse('queue')}{address.query(tab=tab, decided=None)}",
            _count(user, tab, current, address, listing),
            tab == current,
        )
        for tab, label in labels.items()
    ]


def _count(user: User, tab: Tab, current: Tab, address: Address, listing: queue.Listing) -> str:
    """What is done is not counted: it only grows."""
    if tab == Tab.DONE:
        return ""
    if tab == current:
        return listing.total
    if tab == Tab.NEEDS and not address.text:
        return queue.needs_count(user)
    return queue.count_words(queue.matching(queue.of_tab(user, tab), address.text))


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
