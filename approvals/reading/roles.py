"""The roles that people hold, by unit: since when nobody has looked at them, limits, and what a reader may do there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db.models import Count, Max, Q, Sum
from django.utils.translation import gettext as _

from approvals import kinds
from approvals.duties import Attempt, DutyPair, GrantReview, Limit
from approvals.models import Request
from approvals.services.recertifying import MONTH
from cockpit.accounts import grants
from cockpit.accounts.models import Unit, User
from cockpit.accounts.roles import DUTIES, REVIEW, ROLES
from cockpit.pages import words

LIST = 200


@dataclass(frozen=True)
class Grant:
    pk: int
    person: str
    person_id: int
    role: str
    looked: str  # "confirmed 3 Nov by Lea Lindt"
    due: bool
    can: bool
    own: bool
    limits: tuple[str, ...]


@dataclass(frozen=True)
class UnitGrants:
    pk: int
    name: str
    grants: list[Grant]
    due: int


def units_seen(user: User, chosen: set[int] | None) -> set[int]:
    seen = grants.units_where(user, DUTIES)
    return seen if chosen is None else seen & chosen


def page(user: User, chosen: set[int] | None, *, at: datetime) -> list[UnitGrants]:
    """Five queries, whatever the number of grants."""
    seen, may = units_seen(user, chosen), grants.units_where(user, REVIEW)
    rows = GrantReview.objects.filter(unit__in=seen).select_related("person", "unit", "confirmed_by")
    limits: dict[int, list[str]] = defaultdict(list)
    for one in Limit.objects.filter(person__in=rows.values("person")):
        amount = words.money(one.amount, one.currency, whole=True)
        limits[one.person_id].append(_("%(kind)s up to %(amount)s") % {"kind": label(one.kind), "amount": amount})
    found: dict[int, UnitGrants] = {}
    for row in rows.order_by("unit__path", "person__name", "role"):
        group = found.setdefault(row.unit_id, UnitGrants(row.unit_id, row.unit.name, [], 0))
        group.grants.append(_grant(row, user.person.pk, may, tuple(limits[row.person_id]), at))
    return [UnitGrants(one.pk, one.name, one.grants, sum(each.due for each in one.grants)) for one in found.values()]


def _grant(row: GrantReview, reader: int, may: set[int], limits: tuple[str, ...], at: datetime) -> Grant:
    if row.confirmed_at is None:
        looked = _("not confirmed yet, here since %(day)s") % {"day": words.day(row.seen_at.date(), now=at)}
    else:
        said = {"day": words.day(row.confirmed_at.date(), now=at), "who": row.confirmed_by or _("somebody")}
        looked = _("confirmed %(day)s by %(who)s") % said
    return Grant(
        pk=row.pk,
        person=str(row.person),
        person_id=row.person_id,
        role=str(ROLES[row.role].label) if row.role in ROLES else row.role,
        looked=looked,
        due=(row.confirmed_at or row.seen_at) <= at - settings.RECERTIFY_MONTHS * MONTH,
        can=row.unit_id in may and row.person_id != reader,
        own=row.person_id == reader,
        limits=limits,
    )


@dataclass(frozen=True)
class PairLine:
    pk: int
    words: str
    why: str
    days: int
    can: bool


def pairs(user: User, *, may: bool) -> list[PairLine]:
    rows = DutyPair.objects.filter(ended_at__isnull=True)
    return [
        PairLine(row.pk, pair_words(row), row.why, row.days, may and row.added_by_id != user.person.pk) for row in rows
    ]


def pair_words(row: DutyPair) -> str:
    named = {"first": label(row.first_kind), "second": label(row.second_kind), "same": row.get_same_display()}
    if row.first_act == DutyPair.Act.ASKS:
        return _("Who asked for “%(first)s” does not decide “%(second)s” %(same)s") % named
    return _("Who decides “%(first)s” does not decide “%(second)s” %(same)s") % named


@dataclass(frozen=True)
class Tried:
    person: str
    reason: str
    kind: str
    count: int
    last_at: datetime


def attempts(user: User, chosen: set[int] | None) -> list[Tried]:
    """By person, reason and kind, of requests that the reader may see; the most first."""
    seen = Request.objects.visible_to(user).filter(unit__in=units_seen(user, chosen))
    rows = (
        Attempt.objects.filter(request__in=seen)
        .values("person__name", "reason", "request__kind_key")
        .annotate(times=Sum("count"), last=Max("last_at"), of=Count("pk"))
        .order_by("-times", "person__name")[:LIST]
    )
    reasons = dict(Attempt.Reason.choices)
    return [
        Tried(
            row["person__name"], str(reasons[row["reason"]]), label(row["request__kind_key"]), row["times"], row["last"]
        )
        for row in rows
    ]


def label(kind: str) -> str:
    known = kinds.registry()
    return str(known[kind].label) if kind in known else kind


def units_for(user: User, chosen: set[int] | None, *, every: bool) -> Iterable[Unit]:
    """For the report: the unit that was chosen with those below it, else the companies; `every`: all of them."""
    seen = units_seen(user, chosen)
    rows = Unit.objects.filter(pk__in=seen, active=True)
    if not every and chosen is None:
        rows = rows.filter(Q(parent__isnull=True) | ~Q(parent__in=seen))
    return rows.order_by("path")
