"""The whole screen: tabs with counts, the list, and the case beside it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cockpit import saved_views
from cockpit.accounts.models import Unit, User
from cockpit.exception_queue import rules
from cockpit.exception_queue.kinds import labels
from cockpit.exception_queue.models import Case
from cockpit.exception_queue.reading import casepage
from cockpit.exception_queue.reading.address import Address, Chip, Group, Tab
from cockpit.exception_queue.reading.listing import Listing, listing, of_tab, scoped
from cockpit.exception_queue.reading.seen import count_words
from cockpit.pages import words


@dataclass(frozen=True)
class Link:
    label: str
    url: str
    current: bool
    count: str = ""


@dataclass(frozen=True)
class Rules:
    """Which rules looked, for the empty list: it is good news only if all did."""

    ok: bool
    sentence: str
    standings: list[rules.Standing]


@dataclass(frozen=True)
class Screen:
    address: Address
    tab: Tab
    tabs: list[Link]
    groupings: list[Link]
    chips: list[Chip]
    kinds: dict[str, str]
    units: list[Unit]
    severities: list[tuple[str, str]]
    listing: Listing
    page: casepage.CasePage | None
    chosen: bool
    rules: Rules
    views: list[saved_views.View]

    @property
    def query(self) -> str:
        return self.address.query(tab=self.tab)

    @property
    def more(self) -> str:
        query = self.query or "?"
        return f"{query}{'&' if len(query) > 1 else ''}after={self.listing.after}"


def read(user: User, pk: int | None, address: Address, units: set[int] | None, *, at: datetime) -> Screen:
    """Raises Case.DoesNotExist and CursorError."""
    page = casepage.read(pk, user, at=at) if pk is not None else None
    tab = address.tab or (_tab_of(page.case) if page else Tab.OPEN)
    rows = scoped(user, units, address)
    found = listing(user, rows, tab, address, at=at)
    if page is None and found.first is not None:
        page = casepage.read(found.first.pk, user, at=at)
    return Screen(
        address=address,
        tab=tab,
        tabs=_tabs(user, rows, tab, address),
        groupings=_groupings(address, tab),
        chips=address.chips(),
        kinds=labels(),
        units=list(Unit.objects.filter(pk__in=rows.order_by().values("unit")).order_by("path")[:100]),
        severities=[(value, str(label)) for value, label in Case.Severity.choices],
        listing=found,
        page=page,
        chosen=pk is not None,
        rules=_rules(at),
        views=saved_views.listing(user, "exceptions", address.query(tab=tab)),
    )


def following(user: User, done: int, address: Address, units: set[int] | None, *, at: datetime) -> int | None:
    """The case to show after one has left the list: the first that is there."""
    found = listing(user, scoped(user, units, address), address.tab or Tab.OPEN, address, at=at)
    pks = [row.case.pk for group in found.groups for row in group.rows]
    return next((pk for pk in pks if pk != done), None)


def _tab_of(case: Case) -> Tab:
    if case.state in Case.TODO:
        return Tab.OPEN
    return Tab.SNOOZED if case.state in (Case.State.SNOOZED, Case.State.IGNORED) else Tab.RESOLVED


def _tabs(user: User, rows: QuerySet[Case], current: Tab, address: Address) -> list[Link]:
    """One query for all counts; what is resolved is not counted."""
    wanted = [tab for tab in Tab if tab != Tab.RESOLVED]
    living = rows.exclude(state=Case.State.RESOLVED)
    counts = living.aggregate(**{tab: Count("pk", filter=of_tab(user, tab)) for tab in wanted})
    labels_ = {
        Tab.OPEN: _("Open"),
        Tab.MINE: _("Mine"),
        Tab.UNOWNED: _("Unowned"),
        Tab.SNOOZED: _("Snoozed"),
        Tab.RESOLVED: _("Resolved"),
    }
    return [
        Link(
            label,
            f"{reverse('exceptions')}{address.query(tab=tab)}",
            tab == current,
            count_words(counts[tab]) if counts.get(tab) else "",
        )
        for tab, label in labels_.items()
    ]


def _groupings(address: Address, tab: Tab) -> list[Link]:
    names = {Group.CAUSE: _("Cause"), Group.UNIT: _("Unit"), Group.SEVERITY: _("Severity")}
    return [
        Link(label, f"{reverse('exceptions')}{address.query(tab=tab, group=group)}", group == address.group)
        for group, label in names.items()
    ]


def _rules(at: datetime) -> Rules:
    found = rules.standing(at=at)
    ran = [one.ran_at for one in found if one.ok and one.ran_at]
    said = {"ok": words.number(len(ran)), "all": words.number(len(found))}
    if not ran:
        sentence = ngettext("%(all)s rule has not run.", "None of %(all)s rules has run.", len(found))
        return Rules(False, sentence % said, found)
    said["time"] = words.moment(max(ran), at)
    sentence = ngettext(
        "%(ok)s of %(all)s rule ran at %(time)s.", "%(ok)s of %(all)s rules ran at %(time)s.", len(found)
    )
    return Rules(len(ran) == len(found), sentence % said, found)
