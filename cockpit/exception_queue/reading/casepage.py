"""One case as its page shows it: what is wrong, why it matters, when it was seen, what to do, what was done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.utils.translation import gettext as _

from cockpit import outbox
from cockpit.accounts.models import Person, User
from cockpit.exception_queue import acts, closing
from cockpit.exception_queue.kinds import Kind, Record, kind_of
from cockpit.exception_queue.models import Case, Occurrence
from cockpit.exception_queue.reading import listing, runbooks, timeline
from cockpit.exception_queue.reading.seen import may_work, visible_to
from cockpit.exception_queue.repairs import Repair, next_step, repairs_of, waiting
from cockpit.pages import words
from cockpit.transitions import subject_of

DAYS = 14


@dataclass(frozen=True)
class Step:
    """A repair as a button."""

    key: str
    label: str
    asks_why: str
    offered: bool
    said: str


@dataclass(frozen=True)
class Day:
    """A bar of the chart of 448 × 104, and a row of its table."""

    label: str
    count: int
    x: int
    y: int
    height: int
    middle: int
    named: bool
    today: bool


@dataclass(frozen=True)
class CasePage:
    case: Case
    kind: Kind
    row: listing.Row
    title: str
    why: str
    records: Sequence[Record]
    children: list[listing.Row]
    duplicates: list[listing.Row]
    likes: list[listing.Row]  # of which it may be a duplicate
    days: list[Day]
    step: Step | None
    repairs: list[Step]
    standings: list[outbox.Standing]
    happenings: list[timeline.Happening]
    runbook: runbooks.Runbook | None
    may_act: bool
    is_review: bool
    is_mine: bool
    why_not: str
    undo: str  # the button that takes the last act back; empty: nothing to take back
    due_full: str

    @property
    def closed_because(self) -> str:
        return closing.said(self.case.closed_because)

    @property
    def is_todo(self) -> bool:
        return self.case.state in Case.TODO

    @property
    def acts(self) -> bool:
        """Is there anything this person can do now?"""
        return self.may_act and (self.is_todo or self.is_asleep or bool(self.undo))

    @property
    def is_asleep(self) -> bool:
        return self.case.state in (Case.State.SNOOZED, Case.State.IGNORED, Case.State.DUPLICATE)


def read(pk: int, user: User, *, at: datetime) -> CasePage:
    """Raises Case.DoesNotExist, also for one that the user may not see."""
    related = ("unit", "owner", "duplicate_of", "parent")
    case = Case.objects.filter(visible_to(user)).select_related(*related).get(pk=pk)
    kind, person = kind_of(case.kind), getattr(user, "person", None)
    barred = person is not None and person.pk in case.detail.get("barred_persons", [])
    may_act = may_work(user, case) and not barred
    [row] = listing.rows_of([case], at)
    standings = outbox.status(subject_of(case))
    first = next_step(case) if case.state != Case.State.RESOLVED else None
    return CasePage(
        case=case,
        kind=kind,
        row=row,
        title=row.title,
        why=kind.why_of(case),
        records=kind.records_of(case),
        children=_rows(case.children.filter(visible_to(user)).exclude(state=Case.State.RESOLVED), at),
        duplicates=_rows(case.duplicates.filter(visible_to(user)), at),
        likes=_likes(case, user, at) if may_act else [],
        days=_days(case, at),
        step=_step(first, case, at) if first else None,
        repairs=[_step(each, case, at) for each in repairs_of(case.kind) if first and each.key != first.key],
        standings=standings,
        happenings=timeline.read(case, standings),
        runbook=runbooks.read(case.runbook or kind.runbook),
        may_act=may_act,
        is_review="barred_persons" in case.detail,
        is_mine=person is not None and case.owner_id == person.pk,
        why_not=_why_not(case, barred=barred, may_act=may_act),
        undo=_undo(case, person, at) if may_act else "",
        due_full=words.in_full(case.due_at) if case.due_at else "",
    )


def _undo(case: Case, person: Person | None, at: datetime) -> str:
    """Labelled by what it takes back."""
    last = acts.last_act(case)
    if repair := waiting(case, person, last, at=at):
        return repair.undo_label(case)
    if last is None or not acts.may_undo(case, person, at):
        return ""
    labels = {
        "acknowledge": _("Undo acknowledge"),
        "own": _("Undo own"),
        "snooze": _("Undo snooze"),
        "ignore": _("Undo ignore"),
        "mark_duplicate": _("Undo duplicate"),
        "resolve": _("Undo resolve"),
    }
    return labels.get(last.verb) or _("Undo")


def _likes(case: Case, user: User, at: datetime) -> list[listing.Row]:
    same = Case.objects.filter(visible_to(user), kind=case.kind, state__in=Case.TODO).exclude(pk=case.pk)
    return _rows(same, at)[:20]


def _rows(cases: object, at: datetime) -> list[listing.Row]:
    found = list(cases.select_related("unit", "owner").order_by("pk")[:50])  # type: ignore[attr-defined]
    return listing.rows_of(found, at) if found else []


def _step(repair: Repair, case: Case, at: datetime) -> Step:
    return Step(
        key=repair.key,
        label=repair.label(case),
        asks_why=str(repair.asks_why),
        offered=repair.is_offered(case, at=at),
        said=repair.said(case, at=at),
    )


def _why_not(case: Case, *, barred: bool, may_act: bool) -> str:
    if case.state == Case.State.RESOLVED or may_act:
        return ""
    if barred:
        return _("You took part in it, so a second person reviews it.")
    return _("You may look at it; whoever works on cases of its unit acts.")


def _days(case: Case, at: datetime) -> list[Day]:
    today = at.astimezone(UTC).date()
    since = today - timedelta(days=DAYS - 1)
    counts = dict(Occurrence.objects.filter(case=case, day__gte=since).values_list("day", "count"))
    most = max([*counts.values(), 1])
    return [_day(number, since + timedelta(days=number), counts, most, today) for number in range(DAYS)]


def _day(number: int, day: date, counts: dict[date, int], most: int, today: date) -> Day:
    count, at = counts.get(day, 0), datetime.combine(today, datetime.min.time(), UTC)
    height = round(64 * count / most)
    return Day(
        label=_("today") if day == today else words.day(day, now=at),
        count=count,
        x=5 + number * 32,
        y=80 - height,
        height=height,
        middle=max(24, 16 + number * 32),
        named=number in (0, 4, 9, DAYS - 1),
        today=day == today,
    )
