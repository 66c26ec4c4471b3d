"""Deputies: somebody decides for another, for a time, for some kinds, up to an amount, for one client or all.

Chains are bounded and end where they would close: if Ann's deputy Dan is away himself, his deputy acts for Ann, too,
within the narrower of both. Whose vote it is stays Ann's: with a deputy nobody gets a second vote.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import CharField, F, OuterRef, Q
from django.db.models.expressions import RawSQL
from django.db.models.functions import Cast, JSONObject
from django.utils.translation import gettext_lazy as _

from approvals.duties import Bounds, DutyPair, Limit, bounds_of
from approvals.keys import keys_of
from cockpit.accounts import grants
from cockpit.accounts.models import Person

DEEPEST = 3  # hops from the delegator to who presses
LONGEST = timedelta(days=90)  # then it is given anew, so that none is forgotten
SUMMER = timedelta(hours=1)  # so many days may be longer by the hour that the autumn has twice

REACHED = """
    WITH RECURSIVE reached(person, hops) AS (
        SELECT %s::bigint, 0
        UNION
        SELECT d.delegator_id, reached.hops + 1
        FROM approvals_delegation d JOIN reached ON d.deputy_id = reached.person
        WHERE reached.hops < %s AND d.confirmed_at IS NOT NULL AND d.ended_at IS NULL
              AND d.start_at <= %s AND d.end_at > %s
    )
    SELECT person FROM reached
"""


class Delegation(models.Model):
    """`deputy` may decide for `delegator` from `start_at` to `end_at`. A proposal counts only once it is confirmed."""

    class Source(models.TextChoices):
        HAND = "hand", _("entered")
        LEAVE = "leave", _("proposed for a leave")

    delegator = models.ForeignKey(Person, models.CASCADE, related_name="delegations")
    deputy = models.ForeignKey(Person, models.CASCADE, related_name="deputises")
    start_at = models.DateTimeField()
    end_at = models.DateTimeField()
    kinds = ArrayField(models.CharField(max_length=60), default=list, blank=True)  # none: all of them
    limit = models.DecimalField(max_digits=18, decimal_places=2, null=True, blank=True)  # in the reporting currency
    client_odoo_id = models.BigIntegerField(null=True, blank=True)
    request = models.ForeignKey("approvals.Request", models.CASCADE, null=True, blank=True, related_name="+")  # only it
    source = models.CharField(max_length=8, choices=Source, default=Source.HAND)
    absence_odoo_id = models.BigIntegerField(null=True, blank=True)  # the leave that it was proposed for
    proposed_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)  # taken back, or declined, before its time was over

    class Meta:
        ordering = ["start_at", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(end_at__gt=F("start_at")), name="delegation_has_length"),
            models.CheckConstraint(condition=~Q(delegator=F("deputy")), name="nobody_deputises_for_themselves"),
            models.CheckConstraint(condition=Q(limit__isnull=True) | Q(limit__gt=0), name="delegation_limit_positive"),
            models.CheckConstraint(  # what is for one request ends with it
                condition=Q(request__isnull=False) | Q(end_at__lte=F("start_at") + (LONGEST + SUMMER)),
                name="delegation_is_bounded",
            ),
            models.UniqueConstraint(
                fields=["absence_odoo_id"],
                condition=Q(absence_odoo_id__isnull=False, ended_at__isnull=True),
                name="one_deputy_proposed_per_leave",
            ),
        ]
        indexes = [
            models.Index(
                fields=["deputy", "end_at"],
                condition=Q(confirmed_at__isnull=False, ended_at__isnull=True),
                name="delegation_of_deputy",
            )
        ]

    def __str__(self) -> str:
        return f"{self.deputy} → {self.delegator}"

    @property
    def audit_subject(self) -> str:
        return f"approvals.delegation:{self.pk}"

    @staticmethod
    def living(at: datetime) -> Q:
        """Proposed, to come or in force: neither over nor taken back."""
        return Q(ended_at__isnull=True, end_at__gt=at, request__isnull=True)

    @staticmethod
    def in_force(at: datetime) -> Q:
        return Q(confirmed_at__isnull=False, ended_at__isnull=True, start_at__lte=at, end_at__gt=at)


@dataclass(frozen=True)
class Acting:
    """For whom somebody may decide now, and within what: the narrowest of all hops."""

    delegator: Person
    keys: tuple[str, ...]  # as `Request.asks` names the delegator
    through: tuple[int, ...]  # the delegations, from the one who presses to the delegator
    passes: tuple[int, ...]  # the persons between; duties count for each
    kinds: frozenset[str] | None  # None: all
    limit: Decimal | None
    client_odoo_id: int | None
    request_id: int | None
    ends_at: datetime  # the first of all hops
    at: datetime
    bounds: tuple[Bounds, ...] = ()  # what duties say of the delegator and of those between: the lower of all limits

    def covers(self, prefix: str = "") -> Q:
        """The requests that this deputy may decide for the delegator, as far as the delegations say."""
        within = Q()
        if self.kinds is not None:
            within &= Q(**{f"{prefix}kind_key__in": sorted(self.kinds)})
        if self.limit is not None:
            within &= Q(**{f"{prefix}amount_reporting__lte": self.limit, f"{prefix}rate_known": True})
        if self.client_odoo_id is not None:
            within &= Q(**{f"{prefix}client_odoo_id": self.client_odoo_id})
        if self.request_id is not None:
            within &= Q(**{f"{prefix}pk": self.request_id})
        for each in self.bounds:
            within &= ~each.refuses(self.at, prefix)
        barred = [self.delegator.pk, *self.passes]
        return within & ~Q(**{f"{prefix}barred_persons__overlap": barred})


def acting_for(person: Person, *, at: datetime) -> list[Acting]:
    """Everybody for whom `person` may decide in that minute, once for every way there; read once per person object."""
    return _look(person, at)[1]


def duties_of(person: Person, *, at: datetime) -> Bounds:
    """What the firm's duties say of `person`: their limits, and the pairs in force. Read together with `acting_for`."""
    return _look(person, at)[0]


def _look(person: Person, at: datetime) -> tuple[Bounds, list[Acting]]:
    """One query for the person and all for whom they might act, however far away; one more for the roles of these."""
    minute = at.replace(second=0, microsecond=0) + timedelta(minutes=1)
    known: dict[datetime, tuple[Bounds, list[Acting]]] = person.__dict__.setdefault("_acting", {})
    if minute not in known:
        rows = Person.objects.filter(pk__in=RawSQL(REACHED, [person.pk, DEEPEST, at, at])).select_related("user")  # noqa: S611
        people = {one.pk: one for one in rows.annotate(caps=_caps(), pairs=_pairs(), held=_held(at))}
        bounds = {pk: bounds_of(one.caps, one.pairs, pk) for pk, one in people.items()}
        paths = [path for path in _paths([], person.pk, people) if _can_vote(path[-1].delegator)]
        grants.read_for([person.user, *(path[-1].delegator.user for path in paths)] if paths else [])
        ways = [_narrowest(path, bounds, at) for path in paths]
        known[minute] = bounds.get(person.pk) or bounds_of([], [], person.pk), [way for way in ways if way is not None]
    return known[minute]


def _can_vote(person: Person) -> bool:
    return person.active and person.user is not None and person.user.is_active


def _paths(before: Sequence[Delegation], person_id: int, people: Mapping[int, Person]) -> Iterable[list[Delegation]]:
    """Ways from who presses to whom they act for. Beyond the first hop only over somebody who is a delegator, too."""
    if len(before) == DEEPEST:
        return
    seen = {person_id, *(each.deputy_id for each in before)}
    for one in people[person_id].held if person_id in people else []:  # type: ignore[attr-defined]
        if one["delegator_id"] in seen or one["delegator_id"] not in people:
            continue  # a circle ends where it closes
        path = [*before, _delegation(one, person_id, people)]
        yield path
        yield from _paths(path, one["delegator_id"], people)


def _delegation(one: Mapping[str, Any], deputy_id: int, people: Mapping[int, Person]) -> Delegation:
    return Delegation(
        pk=one["pk"],
        deputy_id=deputy_id,
        delegator=people[one["delegator_id"]],
        kinds=one["kinds"],
        limit=None if one["limit"] is None else Decimal(one["limit"]),
        client_odoo_id=one["client_odoo_id"],
        request_id=one["request_id"],
        end_at=datetime.fromisoformat(one["end_at"]),
    )


def _narrowest(path: Sequence[Delegation], bounds: Mapping[int, Bounds], at: datetime) -> Acting | None:
    """What all hops allow; None if that is nothing."""
    kinds: frozenset[str] | None = None
    for each in path:
        if each.kinds:
            kinds = frozenset(each.kinds) if kinds is None else kinds & frozenset(each.kinds)
    clients = {each.client_odoo_id for each in path if each.client_odoo_id is not None}
    requests = {each.request_id for each in path if each.request_id is not None}
    if kinds == frozenset() or len(clients) > 1 or len(requests) > 1:
        return None
    delegator = path[-1].delegator
    return Acting(
        delegator=delegator,
        keys=tuple(keys_of(delegator.user)),
        through=tuple(each.pk for each in path),
        passes=tuple(each.delegator_id for each in path[:-1]),
        kinds=kinds,
        limit=min((each.limit for each in path if each.limit is not None), default=None),
        client_odoo_id=next(iter(clients), None),
        request_id=next(iter(requests), None),
        ends_at=min(each.end_at for each in path),
        bounds=tuple(found for each in path if (found := bounds[each.delegator_id])),
        at=at,
    )


def _held(at: datetime) -> ArraySubquery:
    """What somebody holds as a deputy, in force."""
    names = ("pk", "delegator_id", "kinds", "client_odoo_id", "request_id", "end_at")
    one = JSONObject(limit=Cast("limit", CharField()), **{name: name for name in names})
    held = Delegation.objects.filter(Delegation.in_force(at), deputy=OuterRef("pk"))
    return ArraySubquery(held.order_by("start_at", "pk").values(one=one))


def _caps() -> ArraySubquery:
    """The limits of a person, beside whatever else is read of them."""
    one = JSONObject(kind="kind", amount=Cast("amount", CharField()), currency="currency")
    return ArraySubquery(Limit.objects.filter(person=OuterRef("pk")).values(one=one))


def _pairs() -> ArraySubquery:
    names = ("first_act", "first_kind", "second_kind", "same", "days")
    one = JSONObject(**{name: name for name in names})
    return ArraySubquery(DutyPair.objects.filter(ended_at__isnull=True).values(one=one))
