"""The queue: three tabs, rows by what falls due first, counts and sums per group, in a fixed number of queries."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, NamedTuple

from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _

from approvals.models import Request, Step
from approvals.reading import effects, timing
from cockpit import outbox
from cockpit.accounts.models import User
from cockpit.pages import words

PAGE = 50
COUNTED = 1000  # counting stops here: "1,000+" is as good to people, and a long queue stays fast


class Tab(StrEnum):
    NEEDS = "needs"
    WAITING = "waiting"
    DONE = "done"


@dataclass(frozen=True)
class Row:
    request: Request
    timer: timing.Timer | None = None
    step: Step | None = None
    note: str = ""  # who is asked, or how it ended
    end: str = ""  # what stands where the time left would be
    state: str = ""
    muted: bool = False


@dataclass
class Group:
    key: str
    label: str
    rows: list[Row] = field(default_factory=list)
    summary: str = ""  # "6 · €75,090"
    continued: bool = False  # its head stands on the page before


@dataclass(frozen=True)
class Listing:
    groups: list[Group]
    after: str  # the cursor of the next page, empty on the last
    total: str  # of the whole tab: "12", "1,000+"


class CursorError(ValueError):
    """The cursor in the address is none of ours."""


def of_tab(user: User, tab: Tab) -> QuerySet[Request]:
    """The requests of a tab in its order; never more than the user may see."""
    seen = Request.objects.visible_to(user)
    if tab == Tab.DONE:
        return seen.filter(closed_at__isnull=False).exclude(state__in=Request.OPEN).order_by("-closed_at", "-pk")
    rows = seen.needing(user) if tab == Tab.NEEDS else seen.waiting_on_others(user)
    return rows.order_by(F("due_at").asc(nulls_last=True), "pk")


def tab_of(request: Request, user: User) -> Tab:
    """Where one would look for it."""
    if not request.is_open:
        return Tab.DONE
    return Tab.NEEDS if Request.objects.needing(user).filter(pk=request.pk).exists() else Tab.WAITING


def matching(rows: QuerySet[Request], text: str) -> QuerySet[Request]:
    """Those whose number, title or client holds `text`."""
    text = text.strip()
    if not text:
        return rows
    digits = text.upper().removeprefix("R-")
    by_number = Q(pk=int(digits)) if digits.isascii() and digits.isdigit() and len(digits) < 18 else Q()
    return rows.filter(by_number | Q(title__icontains=text) | Q(client_name__icontains=text))


def needs_count(user: User) -> str:
    """How much needs this user: for the rail and the tab, counted once for each user object."""
    known: str | None = getattr(user, "_needs_count", None)
    if known is None:
        known = user._needs_count = count_words(of_tab(user, Tab.NEEDS))  # type: ignore[attr-defined]
    return known


def count_words(rows: QuerySet[Request]) -> str:
    """ "12", "1,000+"; counting stops there."""
    return _capped(rows.order_by()[: COUNTED + 1].count())


def listing(user: User, tab: Tab, *, text: str, after: str, at: datetime) -> Listing:
    """One page of a tab, grouped. Raises CursorError."""
    rows = matching(of_tab(user, tab), text)
    cursor = Cursor.read(after, tab)
    found = list((cursor.beyond(rows) if cursor else rows).select_related("unit", "version__policy")[: PAGE + 1])
    shown, more = found[:PAGE], len(found) > PAGE
    # A short first page is all there is; else count, but no further than people read numbers.
    counted = _counted(rows) if more or cursor else [_brief(row) for row in shown]
    edges = Edges.at(at)
    groups = _grouped(_rows(shown, user, tab, at), tab, edges, _summaries(counted, tab, edges))
    if cursor and groups and groups[0].key == _group_key(tab, cursor.state, cursor.moment, edges):
        groups[0].continued = True
    return Listing(groups, Cursor.of(shown[-1], tab).text if more else "", _capped(len(counted)))


def following(user: User, request: Request, text: str = "") -> Request | None:
    """What to decide after `request`: the next in the queue, else the first; among those found, if one searched."""
    rows = matching(of_tab(user, Tab.NEEDS), text).exclude(pk=request.pk)
    return Cursor.of(request, Tab.NEEDS).beyond(rows).first() or rows.first()


@dataclass(frozen=True)
class Cursor:
    """The last row of a page: pages go on from it, so they stay right while others decide."""

    moment: datetime | None
    pk: int
    tab: Tab
    state: str = ""

    @classmethod
    def of(cls, request: Request, tab: Tab) -> Cursor:
        return cls(request.closed_at if tab == Tab.DONE else request.due_at, request.pk, tab, request.state)

    @classmethod
    def read(cls, text: str, tab: Tab) -> Cursor | None:
        """ "2026-11-23T13:00:00+00:00~17~pending"; raises CursorError."""
        if not text:
            return None
        try:
            moment, pk, state = text.split("~")
            at = datetime.fromisoformat(moment) if moment else None
            if at.tzinfo is None if at else tab == Tab.DONE:
                raise ValueError(moment)
            return cls(at, int(pk), tab, state)
        except ValueError as problem:
            raise CursorError(f"{text!r} is no place in this list.") from problem

    @property
    def text(self) -> str:
        return f"{self.moment.isoformat() if self.moment else ''}~{self.pk}~{self.state}"

    def beyond(self, rows: QuerySet[Request]) -> QuerySet[Request]:
        if self.tab == Tab.DONE:
            return rows.filter(closed_at__lte=self.moment).exclude(closed_at=self.moment, pk__gte=self.pk)
        if self.moment is None:
            return rows.filter(due_at__isnull=True, pk__gt=self.pk)
        later = Q(due_at__gte=self.moment) & (Q(due_at__gt=self.moment) | Q(pk__gt=self.pk))
        return rows.filter(later | Q(due_at__isnull=True))


# --- rows ---------------------------------------------------------------------------------------


def _rows(requests: list[Request], user: User, tab: Tab, at: datetime) -> list[Row]:
    if tab == Tab.DONE:
        return _done_rows(requests, at)
    steps = _open_steps(requests, user if tab == Tab.NEEDS else None)
    timers = timing.timers(steps.values(), at)
    return [_open_row(request, steps.get(request.pk), timers, tab, at) for request in requests]


def _open_steps(requests: list[Request], user: User | None) -> dict[int, Step]:
    """The open step of each request that is due first; of those that `user` may decide, if one is given."""
    steps = Step.objects.decidable_by(user) if user else Step.objects.filter(state=Step.State.OPEN)
    wanted = (
        steps.filter(round__request__in=requests, round__closed_at__isnull=True)
        .select_related("round", "unit")
        .order_by("-due_at", "-pk")
    )
    return {step.round.request_id: step for step in wanted}


def _open_row(request: Request, step: Step | None, timers: dict[int, timing.Timer], tab: Tab, at: datetime) -> Row:
    if request.state == Request.State.SETTLING:
        words_for = {"approved": _("approved"), "rejected": _("rejected")}
        return Row(request, note=words_for.get(request.outcome, ""), end=_("settling"), muted=True)
    timer = timers.get(step.pk) if step else None
    waits_for = ""
    if step and tab == Tab.WAITING:
        waits_for = _("waits for %(role)s") % {"role": step.get_role_display()}
    return Row(request, timer, step, note=waits_for, state=timer.state if timer else "", muted=tab == Tab.WAITING)


def _done_rows(requests: list[Request], at: datetime) -> list[Row]:
    said = outbox.status_of([request.audit_subject for request in requests])
    return [_done_row(request, said.get(request.audit_subject, []), at) for request in requests]


def _done_row(request: Request, standings: list[outbox.Standing], at: datetime) -> Row:
    end = words.moment(request.closed_at, at) if request.closed_at else ""
    if request.state == Request.State.CLOSED:
        return Row(request, note=str(request.get_closed_reason_display()), end=end, muted=True)
    latest = max(
        (int(one.key.split("/")[1]) for one in standings if one.key.startswith(f"{request.number}/")), default=0
    )
    answer = effects.answer(request.kind, effects.of_round(standings, f"{request.number}/{latest}"), at)
    if request.state == Request.State.APPROVED and answer is not None:
        return Row(request, note=_("approved, %(odoo)s") % {"odoo": answer.short}, end=end, state=answer.state)
    return Row(
        request,
        note=request.get_state_display().lower(),
        end=end,
        state="rejected" if request.state == Request.State.REJECTED else "",
    )


# --- groups -------------------------------------------------------------------------------------


class Brief(NamedTuple):
    """What of a row is counted."""

    state: str
    due_at: datetime | None
    closed_at: datetime | None
    amount: Decimal | None
    currency: str


def _counted(rows: QuerySet[Request]) -> list[Brief]:
    return [Brief(*row) for row in rows.values_list(*Brief._fields)[: COUNTED + 1]]


def _brief(request: Request) -> Brief:
    return Brief(*(getattr(request, name) for name in Brief._fields))


def _labels(tab: Tab) -> dict[str, str]:
    if tab == Tab.DONE:
        return {"today": _("Today"), "week": _("This week"), "earlier": _("Earlier")}
    return {
        "today": _("Due today"),
        "week": _("This week"),
        "later": _("Later"),
        "none": _("Without a due time"),
        "settling": _("Decided, can still be undone"),
    }


class Edges(NamedTuple):
    """Of the viewer's day and week."""

    today: datetime
    week: datetime

    @classmethod
    def at(cls, now: datetime) -> Edges:
        return cls(words.end_of_day(now), words.end_of_week(now))


def _group_of(row: Request | Brief, tab: Tab, edges: Edges) -> str:
    return _group_key(tab, row.state, row.closed_at if tab == Tab.DONE else row.due_at, edges)


def _group_key(tab: Tab, state: str, moment: datetime | None, edges: Edges) -> str:
    today, week = edges
    if state == Request.State.SETTLING:
        return "settling"
    if moment is None:
        return "none"
    if tab == Tab.DONE:
        return (
            "today"
            if moment >= today - timedelta(days=1)
            else "week"
            if moment >= week - timedelta(days=7)
            else "earlier"
        )
    return "today" if moment < today else "week" if moment < week else "later"


def _grouped(rows: Iterable[Row], tab: Tab, edges: Edges, summaries: dict[str, str]) -> list[Group]:
    labels = _labels(tab)
    groups: dict[str, Group] = {}
    for row in rows:
        key = _group_of(row.request, tab, edges)
        groups.setdefault(key, Group(key, labels[key], summary=summaries.get(key, ""))).rows.append(row)
    return list(groups.values())


def _summaries(rows: list[Brief], tab: Tab, edges: Edges) -> dict[str, str]:
    """Count and sums per group. Beyond COUNTED rows none: they would be wrong."""
    if len(rows) > COUNTED:
        return {}
    counts: Counter[str] = Counter()
    money: dict[str, Counter[str]] = {}
    for row in rows:
        group = _group_of(row, tab, edges)
        counts[group] += 1
        if row.amount is not None:
            money.setdefault(group, Counter())[row.currency] += row.amount  # type: ignore[assignment]
    return {group: _summary(number, money.get(group, {})) for group, number in counts.items()}


def _summary(number: int, sums: Mapping[str, Any]) -> str:
    amounts = " + ".join(words.money(str(total), currency, whole=True) for currency, total in sorted(sums.items()))
    return f"{words.number(number)} · {amounts}" if amounts else words.number(number)


def _capped(number: int) -> str:
    return _("%(count)s+") % {"count": words.number(COUNTED)} if number > COUNTED else words.number(number)
