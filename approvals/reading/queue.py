"""A page of a tab: rows with what one must know of each, counts and sums per group, in a fixed number of queries."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Subquery
from django.db.models.functions import JSONObject
from django.utils.translation import gettext as _

from approvals.kinds import Ending, Facts
from approvals.models import Request, RequestQuerySet, Snapshot, Snooze, Step
from approvals.reading import asked, changed, cost, counting, documents, effects, endings, timing
from approvals.reading.address import Address
from approvals.reading.counting import Brief
from approvals.reading.filters import mentioning
from approvals.reading.tabs import Cursor, Tab, of_tab
from approvals.services.together import limit_of
from cockpit import outbox
from cockpit.accounts.models import User
from cockpit.pages import words

PAGE = 50
RAIL = "rail"  # what needs the reader, whatever the list is narrowed to


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
    counts: Mapping[str, str] = field(default_factory=dict)  # of this tab and of what was counted with it


def needs_count(user: User, at: datetime) -> str:
    """How much needs this user: for the rail, counted once for each user object."""
    known: str | None = getattr(user, "_needs_count", None)
    if known is None:
        number = counting.read({RAIL: of_tab(user, Tab.NEEDS, at)}).numbers[RAIL]
        known = user._needs_count = counting.in_words(number)  # type: ignore[attr-defined]
    return known


def listing(
    user: User, tab: Tab, address: Address, at: datetime, beside: Mapping[str, RequestQuerySet] | None = None
) -> Listing:
    """One page of a tab, grouped; what the lists `beside` it hold is counted with it. Raises CursorError."""
    order = address.order(tab)
    rows = address.rows(user, tab, at).order_by(*order.keys)
    cursor = Cursor.read(address.after, order)
    related = _related(rows, user, tab)
    found = list((cursor.beyond(related) if cursor else related)[: PAGE + 1])
    shown, more = found[:PAGE], len(found) > PAGE
    # A short first page is all there is; else count, but no further than people read numbers.
    whole = not more and cursor is None
    counts = counting.read({**(beside or {}), **({} if whole else {tab: rows})}, summed="" if whole else tab)
    numbers = counts.numbers | ({tab: len(shown)} if whole else {})
    heads = Heads(tab, address, Edges.at(at))
    counted = [counting.brief(row) for row in shown] if whole else counts.briefs
    groups = _grouped(_rows(shown, user, tab, at), heads, _summaries(counted, heads))
    if cursor and groups and groups[0].key == heads.key(cursor.state, cursor.value):
        groups[0].continued = True
    said = {name: counting.in_words(number) for name, number in numbers.items()}
    needs = Tab.NEEDS if not address.narrowed and address.within is None else RAIL
    if needs in said:
        user._needs_count = said[needs]  # type: ignore[attr-defined]  # the rail need not count again
    return Listing(groups, Cursor.of(shown[-1], order).text if more else "", said[tab], said)


def following(user: User, request: Request, address: Address, at: datetime, tab: Tab = Tab.NEEDS) -> Request | None:
    """What comes after `request`: the next in the list, else its first."""
    order = address.order(tab)
    rows = address.rows(user, tab, at).exclude(pk=request.pk).order_by(*order.keys)
    return Cursor.of(request, order).beyond(rows).first() or rows.first()


# --- rows ---------------------------------------------------------------------------------------


def _related(rows: RequestQuerySet, user: User, tab: Tab) -> RequestQuerySet:
    """With what a row says beside its columns, so that nothing of it costs a query more."""
    person = getattr(user, "person", None)
    asleep = Snooze.objects.filter(request=OuterRef("pk"), person=person, woke_at__isnull=True)
    earlier = Snapshot.objects.filter(request=OuterRef("pk"), number__lt=OuterRef("snapshot__number"))
    found = rows.select_related("unit", "snapshot", "version")
    if tab == Tab.DONE:
        return found.annotate(mentioned=mentioning(user))
    if tab == Tab.SNOOZED:
        found = found.annotate(asleep=Subquery(asleep.values(one=JSONObject(until="until_at", wakes="wakes_at"))[:1]))
    return found.annotate(
        mentioned=mentioning(user),
        question=asked.QUESTION,
        earlier=ArraySubquery(earlier.order_by("number").values(one=JSONObject(facts="facts", at="taken_at"))),
    )


def _rows(requests: list[Request], user: User, tab: Tab, at: datetime) -> list[Row]:
    """The rows of open requests and of closed ones, each by what it needs; in the order given."""
    done = {row.request.pk: row for row in _done_rows([one for one in requests if not one.is_open], at)}
    still = [one for one in requests if one.is_open]
    steps = _open_steps(still, user if tab == Tab.NEEDS else None) if still else {}
    timers = timing.timers(steps.values(), at) if steps else {}
    notes = asked.notes(still, steps, user, mine=tab == Tab.NEEDS, at=at)
    rows = [done.get(one.pk) or _open_row(one, steps.get(one.pk), timers, tab, notes[one.pk]) for one in requests]
    return [_told(replace(row, mark=_mark(row.request, at)), tab, at) for row in rows]


def _snapshots(request: Request) -> list[Snapshot]:
    """All of them in order, the one that the row shows last."""
    before = getattr(request, "earlier", ())
    found = [Snapshot(facts=one["facts"], taken_at=datetime.fromisoformat(one["at"])) for one in before]
    return [*found, request.snapshot] if request.snapshot else found


def _told(row: Row, tab: Tab, at: datetime) -> Row:
    """The row with what its snapshots say."""
    request = row.request
    kind = request.kind
    facts: Facts = request.snapshot.facts if request.snapshot else {}
    told = replace(row, about=str(kind.about(facts)) if kind.about and facts else "", delay=cost.delay(request, facts))
    if request.state != Request.State.PENDING:
        return told
    moved = changed.latest(kind, _snapshots(request), at)
    small = 0 < limit_of(request) >= request.amount_reporting and request.rate_known
    told = replace(told, tickable=tab == Tab.NEEDS and small and not moved)
    lacks = documents.of_facts(kind, facts).lacks
    return replace(told, warnings=tuple(said for said in (moved, *lacks) if said))


def _mark(request: Request, at: datetime) -> str:
    """What stands before a row's other words: somebody named the reader, or until when it is snoozed."""
    if getattr(request, "mentioned", False):
        return _("mentions you")
    asleep = getattr(request, "asleep", None)
    if asleep is None:
        return ""
    until, wakes = (datetime.fromisoformat(asleep[name]) if asleep[name] else None for name in ("until", "wakes"))
    return snooze_words(Snooze(until_at=until, wakes_at=wakes), at)


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
