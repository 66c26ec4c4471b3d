"""A page of a tab: groups with counts and money, rows with what one must know of each, in a fixed number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Case as Choose
from django.db.models import Count, F, IntegerField, Max, Q, QuerySet, Sum, Value, When
from django.db.models.functions import Coalesce
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cockpit.accounts.models import Unit, User
from cockpit.accounts.roles import ROLES
from cockpit.exception_queue.kinds import kind_of
from cockpit.exception_queue.models import Case, Occurrence
from cockpit.exception_queue.reading.address import Address, CursorError, Group, Tab, pack, unpack
from cockpit.exception_queue.reading.seen import UNMUTED, count_words, mine, visible_to
from cockpit.pages import words

PAGE = 50
SPARK_DAYS = 9
WEIGHTS = {Case.Severity.CRITICAL: 3, Case.Severity.HIGH: 2, Case.Severity.MEDIUM: 1, Case.Severity.LOW: 0}
WEIGHT = Choose(
    *(When(severity=severity, then=Value(weight)) for severity, weight in WEIGHTS.items()),
    default=Value(0),
    output_field=IntegerField(),
)
DONE = Q(state__in=[Case.State.RESOLVED, Case.State.DUPLICATE])


@dataclass(frozen=True)
class Bar:
    """One day of a sparkline of 48 × 14."""

    x: str
    y: str
    height: str
    today: bool


@dataclass(frozen=True)
class Row:
    case: Case
    title: str
    short: str  # the title below the heading of its cause
    alone: str  # the title where no heading says its cause: what differs comes first
    meta: str
    owner: str
    unowned: bool
    state: str  # late, soon, paused or ""
    due: str
    severity: str  # the shape that is drawn: high, medium or low
    spark: list[Bar]
    seen: str  # "12×, first 9 d, last 20 min"


@dataclass
class Bundle:
    """Rows under one heading; without a `label` there is none, and each row says its own cause."""

    key: str
    label: str
    summary: str
    rows: list[Row] = field(default_factory=list)
    continued: bool = False
    single: bool = False


@dataclass(frozen=True)
class Listing:
    groups: list[Bundle]
    after: str
    total: str
    money: str

    @property
    def first(self) -> Case | None:
        return self.groups[0].rows[0].case if self.groups else None


def of_tab(user: User, tab: Tab) -> Q:
    todo = Q(UNMUTED, state__in=Case.TODO)
    return {
        Tab.OPEN: todo,
        Tab.MINE: todo & mine(user),
        Tab.UNOWNED: todo & Q(owner__isnull=True, owner_role=""),
        Tab.SNOOZED: Q(state__in=[Case.State.SNOOZED, Case.State.IGNORED]),
        Tab.RESOLVED: DONE,
    }[tab]


def scoped(user: User, units: set[int] | None, address: Address) -> QuerySet[Case]:
    """What the user may see, inside the unit chosen in the frame, and as the chips say."""
    rows = Case.objects.filter(visible_to(user)).filter(address.filters())
    return rows if units is None else rows.filter(unit_id__in=units)


def listing(user: User, rows: QuerySet[Case], tab: Tab, address: Address, *, at: datetime) -> Listing:
    """Raises CursorError."""
    rows = rows.filter(of_tab(user, tab))
    if tab == Tab.RESOLVED:
        return _resolved(rows, address, at)
    summaries = _summaries(rows, address.group)
    needed = rows.filter(_of_groups(address.group, summaries, address.after))
    ranked = needed.annotate(weight=WEIGHT, rank=_rank(address.group, list(summaries)), due=_DUE)
    order = ("rank", "-weight", "due", "pk")
    found: list[Any] = list(_from(ranked, address.after).order_by(*order).select_related("unit", "owner")[: PAGE + 1])
    shown = found[:PAGE]
    keys = list(summaries)
    continued = _continued(address.after)
    groups: dict[str, Bundle] = {}
    for case, row in zip(shown, rows_of(shown, at), strict=True):
        key = keys[case.rank]
        if key not in groups:
            one = summaries[key]
            groups[key] = Bundle(key, one.label, one.summary, continued=case.rank == continued)
        groups[key].rows.append(row)
    last = shown[-1] if len(found) > PAGE else None
    if address.group == Group.CAUSE:
        _gather_single(list(groups.values()), summaries, bool(address.after))
    return Listing(
        groups=list(groups.values()),
        after=pack([last.rank, last.weight, last.due.isoformat(), last.pk]) if last else "",
        total=count_words(sum(one.count for one in summaries.values())),
        money=_sums(_added(one.sums for one in summaries.values())),
    )


def _gather_single(groups: list[Bundle], summaries: dict[str, _Summary], below: bool) -> None:
    """A cause with one case needs no heading of its own; those below others share one."""
    for group in groups:
        single = summaries[group.key].count == 1
        if single:
            group.single, group.label, group.summary = True, _("Single cases") if below else "", ""
        below = not single


def rows_of(cases: list[Case], at: datetime) -> list[Row]:
    """One query more, for the sparklines."""
    days: dict[int, dict[date, int]] = defaultdict(dict)
    since = at.astimezone(UTC).date() - timedelta(days=SPARK_DAYS - 1)
    for pk, day, count in Occurrence.objects.filter(case__in=cases, day__gte=since).values_list(
        "case_id", "day", "count"
    ):
        days[pk][day] = count
    return [_row(case, days[case.pk], at) for case in cases]


def severity_shape(case: Case) -> str:
    return "high" if case.severity == Case.Severity.CRITICAL else case.severity


def owner_words(case: Case) -> str:
    if case.owner:
        return case.owner.name
    role = ROLES.get(case.owner_role)
    return str(role.label) if role else _("Nobody owns it")


def seen_words(case: Case, at: datetime) -> str:
    first, last = (words.seconds_words((at - each).total_seconds()) for each in (case.first_seen_at, case.last_seen_at))
    if case.occurrences == 1:
        return _("seen once, %(first)s ago") % {"first": first}
    said = {"count": words.number(case.occurrences), "first": first, "last": last}
    return _("%(count)s×, first %(first)s ago, last %(last)s ago") % said


def spark(days: dict[date, int], today: date) -> list[Bar]:
    """Nine days, today last; each bar's height is its share of the most."""
    most = max([*days.values(), 1])
    bars = []
    for number in range(SPARK_DAYS):
        count = days.get(today - timedelta(days=SPARK_DAYS - 1 - number), 0)
        height = max(1.0, 14 * count / most) if count else 1.0
        bars.append(Bar(f"{number * 5.33:.1f}", f"{14 - height:.1f}", f"{height:.1f}", number == SPARK_DAYS - 1))
    return bars


_FAR = datetime(9999, 1, 1, tzinfo=UTC)
_DUE = Coalesce(F("due_at"), Value(_FAR))
_KEYS = {Group.CAUSE: "cause", Group.UNIT: "unit_id", Group.SEVERITY: "severity"}


def _resolved(rows: QuerySet[Case], address: Address, at: datetime) -> Listing:
    """Latest first; nothing is counted: it only grows."""
    ordered = rows.annotate(ended=Coalesce(F("closed_at"), F("last_seen_at"))).order_by("-ended", "-pk")
    if address.after:
        when, pk = unpack(address.after, 2)
        moment = parse_datetime(str(when))
        if moment is None or not isinstance(pk, int):
            raise CursorError("No such place in the list.")
        ordered = ordered.filter(Q(ended__lt=moment) | Q(ended=moment, pk__lt=pk))
    found: list[Any] = list(ordered.select_related("unit", "owner")[: PAGE + 1])
    shown = found[:PAGE]
    bundle = Bundle("resolved", _("Latest first"), "", rows_of(shown, at))
    last = shown[-1] if len(found) > PAGE else None
    return Listing([bundle] if shown else [], pack([last.ended, last.pk]) if last else "", "", "")


@dataclass(frozen=True)
class _Summary:
    label: str
    count: int
    sums: dict[str, Decimal]

    @property
    def summary(self) -> str:
        return _summary(self.count, self.sums)


def _summaries(rows: QuerySet[Case], group: Group) -> dict[str, _Summary]:
    """Group → heading, count and money, the worst first. One query, and one for the names of units."""
    column = _KEYS[group]
    parts = (
        rows.order_by().values(column, "currency").annotate(count=Count("pk"), total=Sum("money"), worst=Max(WEIGHT))
    )
    counts: dict[Any, int] = defaultdict(int)
    worst: dict[Any, int] = defaultdict(int)
    sums: dict[Any, dict[str, Decimal]] = defaultdict(dict)
    for part in parts:
        key = part[column]
        counts[key] += part["count"]
        worst[key] = max(worst[key], part["worst"])
        if part["total"] is not None:
            sums[key][part["currency"]] = part["total"]
    ordered = sorted(counts, key=lambda key: (-worst[key], -max([*sums[key].values(), Decimal(0)]), str(key)))
    names = dict(Unit.objects.filter(pk__in=counts).values_list("pk", "name")) if group == Group.UNIT else {}
    return {str(key): _Summary(_heading(group, key, counts[key], names), counts[key], sums[key]) for key in ordered}


def _of_groups(group: Group, summaries: dict[str, _Summary], after: str) -> Q:
    """The groups that can fill the page: from the one where it begins, until they hold enough."""
    start, wanted, held = (_continued(after) if after else 0), [], 0
    for number, (key, one) in enumerate(summaries.items()):
        if number >= start and held <= PAGE:
            wanted.append(key)
            held += one.count if number > start or not after else 0  # of the first one some are on pages before
    column = _KEYS[group]
    found = Q(**{f"{column}__in": [key for key in wanted if key != "None"]})
    return found | Q(**{f"{column}__isnull": True}) if "None" in wanted else found


def _added(each: Iterable[dict[str, Decimal]]) -> dict[str, Decimal]:
    total: dict[str, Decimal] = defaultdict(Decimal)
    for sums in each:
        for currency, amount in sums.items():
            total[currency] += amount
    return total


def _heading(group: Group, key: Any, count: int, names: dict[int, str]) -> str:
    if group == Group.UNIT:
        return names.get(key) or _("No unit")
    if group == Group.SEVERITY:
        return str(dict(Case.Severity.choices)[key]).capitalize()
    kind, _sep, _rest = str(key).partition(":")
    return kind_of(kind).heading_of(str(key), count)


def _summary(count: int, sums: dict[str, Decimal]) -> str:
    number = words.number(count)
    if not sums:
        return number
    return _("%(count)s · %(money)s at risk") % {"count": number, "money": _sums(sums)}


def _sums(sums: dict[str, Decimal]) -> str:
    return " + ".join(words.money(total, currency, whole=True) for currency, total in sorted(sums.items()))


def _rank(group: Group, keys: Iterable[str]) -> Choose:
    column = _KEYS[group]
    whens = [
        When(**({f"{column}__isnull": True} if key == "None" else {column: key}), then=Value(number))
        for number, key in enumerate(keys)
    ]
    return Choose(*whens, default=Value(0), output_field=IntegerField())


def _from(ranked: QuerySet[Case], after: str) -> QuerySet[Case]:
    if not after:
        return ranked
    rank, weight, due, pk = unpack(after, 4)
    moment = parse_datetime(str(due))
    if moment is None or not all(isinstance(each, int) for each in (rank, weight, pk)):
        raise CursorError("No such place in the list.")
    same = Q(rank=rank, weight=weight)
    return ranked.filter(
        Q(rank__gt=rank)
        | Q(rank=rank, weight__lt=weight)
        | (same & Q(due__gt=moment))
        | (same & Q(due=moment, pk__gt=pk))
    )


def _continued(after: str) -> int:
    return unpack(after, 4)[0] if after else -1


def _row(case: Case, days: dict[date, int], at: datetime) -> Row:
    kind = kind_of(case.kind)
    unowned = case.owner is None and not case.owner_role
    return Row(
        case=case,
        title=kind.title_of(case),
        short=kind.row_of(case),
        alone=f"{kind.row_of(case)} · {kind.label}" if kind.row else kind.title_of(case),
        meta=" · ".join(part for part in (case.number, str(case.unit or ""), _count(case)) if part),
        owner=owner_words(case),
        unowned=unowned,
        state=_state(case, at),
        due=_due_words(case, at),
        severity=severity_shape(case),
        spark=spark(days, at.astimezone(UTC).date()),
        seen=seen_words(case, at),
    )


def _count(case: Case) -> str:
    if case.occurrences == 1:
        return ""
    return ngettext("%(count)s×", "%(count)s×", case.occurrences) % {"count": words.number(case.occurrences)}


def _state(case: Case, at: datetime) -> str:
    if case.state in (Case.State.SNOOZED, Case.State.IGNORED):
        return "paused"
    if case.due_at is None or case.state not in Case.TODO:
        return ""
    if case.due_at <= at:
        return "late"
    return "soon" if case.due_at - at < timedelta(hours=4) else ""


def _due_words(case: Case, at: datetime) -> str:
    if case.state in (Case.State.SNOOZED, Case.State.IGNORED):
        if case.wakes_at is None:
            return _("until worse")
        return _("until %(when)s") % {"when": words.moment(case.wakes_at, at)}
    if case.state in (Case.State.RESOLVED, Case.State.DUPLICATE):
        ended = words.moment(case.closed_at, at) if case.closed_at else ""
        return ended or str(case.get_state_display())
    if case.due_at is None:
        return ""
    if case.due_at <= at:
        return _("%(time)s late") % {"time": words.seconds_words((at - case.due_at).total_seconds())}
    return words.moment(case.due_at, at)
