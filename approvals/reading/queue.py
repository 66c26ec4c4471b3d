"""A page of a tab: rows with what one must know of each, counts and sums per group, in a fixed number of queries."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from approvals.kinds import Ending, Facts
from approvals.models import Mention, Request, Snapshot, Snooze, Step
from approvals.reading import asked, changed, cost, documents, effects, endings, timing
from approvals.reading.address import Address
from approvals.reading.tabs import Cursor, Tab, of_tab
from cockpit import outbox
from cockpit.accounts.models import User
from cockpit.pages import words

PAGE = 50
COUNTED = 1000  # counting stops here: "1,000+" is as good to people, and a long queue stays fast


@dataclass(frozen=True)
class Row:
    request: Request
    timer: timing.Timer | None = None
    step: Step | None = None
    note: str = ""  # who is asked, or how it ended
    end: str = ""  # what stands where the time left would be
    state: str = ""
    muted: bool = False
    mark: str = ""
    about: str = ""  # what tells it from another of the same client
    warnings: tuple[str, ...] = ()  # what one must know before deciding: changed, evidence missing
    delay: cost.Delay | None = None
    tickable: bool = False  # may it be decided together with others?


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


def needs_count(user: User, at: datetime) -> str:
    """How much needs this user: for the rail, counted once for each user object."""
    known: str | None = getattr(user, "_needs_count", None)
    if known is None:
        known = user._needs_count = count_words(of_tab(user, Tab.NEEDS, at))  # type: ignore[attr-defined]
    return known


def count_words(rows: QuerySet[Request]) -> str:
    """ "12", "1,000+"; counting stops there."""
    return _capped(rows.order_by()[: COUNTED + 1].count())


def listing(user: User, tab: Tab, address: Address, at: datetime) -> Listing:
    """One page of a tab, grouped. Raises CursorError."""
    order = address.order(tab)
    rows = address.rows(user, tab, at).order_by(*order.keys)
    cursor = Cursor.read(address.after, order)
    related = rows.select_related("unit", "version__policy").annotate(asked_back=asked.ASKED_BACK)
    found = list((cursor.beyond(related) if cursor else related)[: PAGE + 1])
    shown, more = found[:PAGE], len(found) > PAGE
    # A short first page is all there is; else count, but no further than people read numbers.
    total = rows.order_by()[: COUNTED + 1].count() if more or cursor else len(shown)
    if tab == Tab.NEEDS and not address.narrowed and address.within is None:
        user._needs_count = _capped(total)  # type: ignore[attr-defined]  # the rail need not count again
    heads = Heads(tab, address, Edges.at(at))
    counted = _counted(rows, total) if more or cursor else [_brief(row) for row in shown]
    groups = _grouped(_rows(shown, user, tab, at), heads, _summaries(counted, heads))
    if cursor and groups and groups[0].key == heads.key(cursor.state, cursor.value):
        groups[0].continued = True
    return Listing(groups, Cursor.of(shown[-1], order).text if more else "", _capped(total))


def following(user: User, request: Request, address: Address, at: datetime, tab: Tab = Tab.NEEDS) -> Request | None:
    """What comes after `request`: the next in the list, else its first."""
    order = address.order(tab)
    rows = address.rows(user, tab, at).exclude(pk=request.pk).order_by(*order.keys)
    return Cursor.of(request, order).beyond(rows).first() or rows.first()


# --- rows ---------------------------------------------------------------------------------------


def _rows(requests: list[Request], user: User, tab: Tab, at: datetime) -> list[Row]:
    """The rows of open requests and of closed ones, each by what it needs; in the order given."""
    done = {row.request.pk: row for row in _done_rows([one for one in requests if not one.is_open], at)}
    still = [one for one in requests if one.is_open]
    steps = _open_steps(still, user if tab == Tab.NEEDS else None) if still else {}
    timers = timing.timers(steps.values(), at) if steps else {}
    marks = _marks(requests, user, tab, at)
    notes = asked.notes(still, steps, user, mine=tab == Tab.NEEDS, at=at)
    rows = [done.get(one.pk) or _open_row(one, steps.get(one.pk), timers, tab, notes[one.pk]) for one in requests]
    shots = _snapshots(requests)
    return [_told(replace(row, mark=marks.get(row.request.pk, "")), shots[row.request.pk], tab, at) for row in rows]


def _snapshots(requests: list[Request]) -> Mapping[int, list[Snapshot]]:
    """Of each request the one that its row shows, and of an open one also the earlier ones; in order."""
    still = [one.pk for one in requests if one.is_open]
    shown = [one.snapshot_id for one in requests]
    found: dict[int, list[Snapshot]] = defaultdict(list)
    for one in Snapshot.objects.filter(Q(request__in=still) | Q(pk__in=shown)).order_by("request", "number"):
        found[one.request_id].append(one)
    return found


def _told(row: Row, snapshots: list[Snapshot], tab: Tab, at: datetime) -> Row:
    """The row with what its snapshots say."""
    request = row.request
    kind = request.kind
    facts: Facts = next((one.facts for one in snapshots if one.pk == request.snapshot_id), {})
    told = replace(row, about=str(kind.about(facts)) if kind.about and facts else "", delay=cost.delay(request, facts))
    if request.state != Request.State.PENDING:
        return told
    moved = changed.latest(kind, snapshots, at)
    small = kind.bulk_below is not None and request.amount_reporting <= kind.bulk_below
    told = replace(told, tickable=tab == Tab.NEEDS and small and not moved)
    lacks = documents.of_facts(kind, facts).lacks
    return replace(told, warnings=tuple(said for said in (moved, *lacks) if said))


def _marks(requests: list[Request], user: User, tab: Tab, at: datetime) -> dict[int, str]:
    """What stands before a row's other words: somebody named the reader, or until when it is snoozed."""
    person, pks = getattr(user, "person", None), [one.pk for one in requests]
    if person is None or not pks:
        return {}
    unseen = Mention.objects.filter(request__in=pks, person=person, seen_at__isnull=True)
    marks = dict.fromkeys(unseen.values_list("request", flat=True), _("mentions you"))
    if tab == Tab.SNOOZED:
        asleep = Snooze.objects.filter(request__in=pks, person=person, woke_at__isnull=True)
        marks = {one.request_id: snooze_words(one, at) for one in asleep} | marks
    return marks


def snooze_words(snooze: Snooze, at: datetime) -> str:
    """Until when, in words."""
    if snooze.until_at is None:
        return _("snoozed until it changes or is nearly due")
    if snooze.wakes_at and snooze.wakes_at < snooze.until_at:
        return _("snoozed until %(time)s, when it is nearly due") % {"time": words.moment(snooze.wakes_at, at)}
    return _("snoozed until %(time)s") % {"time": words.moment(snooze.until_at, at)}


def _open_steps(requests: list[Request], user: User | None) -> dict[int, Step]:
    """The open step of each request that is due first; of those that `user` may decide, if one is given."""
    steps = Step.objects.decidable_by(user) if user else Step.objects.filter(state=Step.State.OPEN)
    wanted = (
        steps.filter(round__request__in=requests, round__closed_at__isnull=True)
        .select_related("round", "unit", "claimed_by")
        .defer("round__route")
        .order_by("-due_at", "-pk")
    )
    return {step.round.request_id: step for step in wanted}


def _open_row(request: Request, step: Step | None, timers: dict[int, timing.Timer], tab: Tab, note: str) -> Row:
    if request.state == Request.State.SETTLING:
        words_for = {"approved": _("approved"), "rejected": _("rejected")}
        return Row(request, note=words_for.get(request.outcome, ""), end=_("settling"), muted=True)
    timer = timers.get(step.pk) if step else None
    return Row(request, timer, step, note=note, state=timer.state if timer else "", muted=tab == Tab.WAITING)


def _done_rows(requests: list[Request], at: datetime) -> list[Row]:
    if not requests:
        return []
    said, ended = outbox.status_of([request.audit_subject for request in requests]), endings.of(requests)
    return [_done_row(one, said.get(one.audit_subject, []), ended.get(one.pk), at) for one in requests]


def _done_row(request: Request, standings: list[outbox.Standing], ending: Ending | None, at: datetime) -> Row:
    end = words.moment(request.closed_at, at) if request.closed_at else ""
    if ending is not None:
        return Row(request, note=str(ending.short), end=end, state=ending.state, muted=not ending.state)
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


def _counted(rows: QuerySet[Request], total: int) -> list[Brief]:
    """What sums are made of, in no order; nothing where there is too much for a sum."""
    if total > COUNTED:
        return []
    return [Brief(*row) for row in rows.order_by().values_list(*Brief._fields)[:COUNTED]]


def _brief(request: Request) -> Brief:
    return Brief(*(getattr(request, name) for name in Brief._fields))


class Edges(NamedTuple):
    """Of the viewer's day and week."""

    today: datetime
    week: datetime

    @classmethod
    def at(cls, now: datetime) -> Edges:
        return cls(words.end_of_day(now), words.end_of_week(now))


@dataclass(frozen=True)
class Heads:
    """Under which head a row stands: its day, or one for all where the order is another."""

    tab: Tab
    address: Address
    edges: Edges

    def of(self, row: Request | Brief) -> str:
        return self.key(row.state, row.closed_at if self.tab == Tab.DONE else row.due_at)

    def key(self, state: str, moment: Any) -> str:
        if not self.address.dated(self.tab):
            mine = "mine" if state in Request.OPEN else "closed"
            return mine if self.tab == Tab.MINE else self.address.sort.value
        if state == Request.State.SETTLING:
            return "settling"
        if moment is None:
            return "none"
        return self._past(moment) if self.tab == Tab.DONE else self._ahead(moment)

    def _past(self, moment: datetime) -> str:
        if moment >= self.edges.today - timedelta(days=1):
            return "today"
        return "week" if moment >= self.edges.week - timedelta(days=7) else "earlier"

    def _ahead(self, moment: datetime) -> str:
        return "today" if moment < self.edges.today else "week" if moment < self.edges.week else "later"

    def label(self, key: str) -> str:
        today = _("Today") if self.tab == Tab.DONE else _("Due today")
        return {
            "today": today,
            "week": _("This week"),
            "earlier": _("Earlier"),
            "later": _("Later"),
            "none": _("Without a due time"),
            "settling": _("Decided, can still be undone"),
            "mine": _("Open, newest first"),
            "closed": _("Closed, newest first"),
            "cost": _("Costliest delay first"),
            "amount": _("Largest amount first"),
            "oldest": _("Oldest first"),
        }[key]


def _grouped(rows: Iterable[Row], heads: Heads, summaries: dict[str, str]) -> list[Group]:
    groups: dict[str, Group] = {}
    for row in rows:
        key = heads.of(row.request)
        if key not in groups:
            groups[key] = Group(key, heads.label(key), summary=summaries.get(key, ""))
        groups[key].rows.append(row)
    return list(groups.values())


def _summaries(rows: list[Brief], heads: Heads) -> dict[str, str]:
    """Count and sums per group."""
    counts: Counter[str] = Counter()
    money: dict[str, Counter[str]] = {}
    for row in rows:
        group = heads.of(row)
        counts[group] += 1
        if row.amount is not None:
            money.setdefault(group, Counter())[row.currency] += row.amount  # type: ignore[assignment]
    return {group: _summary(number, money.get(group, {})) for group, number in counts.items()}


def _summary(number: int, sums: Mapping[str, Any]) -> str:
    amounts = " + ".join(words.money(str(total), currency, whole=True) for currency, total in sorted(sums.items()))
    return f"{words.number(number)} · {amounts}" if amounts else words.number(number)


def _capped(number: int) -> str:
    return _("%(count)s+") % {"count": words.number(COUNTED)} if number > COUNTED else words.number(number)
