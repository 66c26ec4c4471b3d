"""Deputies: somebody decides for another, for a time, for some kinds, up to an amount, for one client or all.

Chains are bounded and end where they would close: if Ann's deputy Dan is away himself, his deputy acts for Ann, too,
within the narrower of both. Whose vote it is stays Ann's: with a deputy nobody gets a second vote.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import CharField, F, OuterRef, Q
from django.db.models.functions import Cast, JSONObject
from django.utils.translation import gettext_lazy as _

from approvals.duties import Bounds, DutyPair, Limit, bounds_of
from approvals.keys import keys_of
from cockpit.accounts.models import Person

DEEPEST = 3  # hops from the delegator to who presses
LONGEST = timedelta(days=90)  # then it is given anew, so that none is forgotten
SUMMER = timedelta(hours=1)  # so many days may be longer by the hour that the autumn has twice


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
    """One query for whoever acts for nobody."""
    minute = at.replace(second=0, microsecond=0) + timedelta(minutes=1)
    known: dict[datetime, tuple[Bounds, list[Acting]]] = person.__dict__.setdefault("_acting", {})
    if minute not in known:
        held = Delegation.objects.filter(Delegation.in_force(at), deputy=OuterRef("pk")).values("pk")
        row = Person.objects.filter(pk=person.pk).values_list(_caps(), _pairs(), ArraySubquery(held)).first()
        caps, pairs, acting = row or ([], [], [])
        known[minute] = bounds_of(caps, pairs, person.pk), (_ways(person, at) if acting else [])
    return known[minute]


def _ways(person: Person, at: datetime) -> list[Acting]:
    paths = [path for path in _paths([], person.pk, at) if _can_vote(path[-1].delegator)]
    between = {each.delegator_id for path in paths for each in path}
    rows = Person.objects.filter(pk__in=between).values_list("pk", _caps(), _pairs())
    bounds = {pk: bounds_of(caps, pairs, pk) for pk, caps, pairs in rows}
    ways = [_narrowest(path, bounds, at) for path in paths]
    return [way for way in ways if way is not None]


def _can_vote(person: Person) -> bool:
    return person.active and person.user is not None and person.user.is_active


def _paths(before: Sequence[Delegation], person_id: int, at: datetime) -> Iterable[list[Delegation]]:
    """Ways from who presses to whom they act for. Beyond the first hop only over somebody who is a delegator, too."""
    if len(before) == DEEPEST:
        return
    seen = {person_id, *(each.deputy_id for each in before)}
    held = Delegation.objects.filter(Delegation.in_force(at), deputy_id=person_id).select_related("delegator__user")
    for each in held:
        if each.delegator_id in seen:
            continue  # a circle ends where it closes
        path = [*before, each]
        yield path
        yield from _paths(path, each.delegator_id, at)


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
        bounds=tuple(found for each in path if (found := bounds[each.delegator_id])),
        at=at,
    )


def _caps() -> ArraySubquery:
    """The limits of a person, beside whatever else is read of them."""
    one = JSONObject(kind="kind", amount=Cast("amount", CharField()), currency="currency")
    return ArraySubquery(Limit.objects.filter(person=OuterRef("pk")).values(one=one))


def _pairs() -> ArraySubquery:
    names = ("first_act", "first_kind", "second_kind", "same", "days")
    one = JSONObject(**{name: name for name in names})
    return ArraySubquery(DutyPair.objects.filter(ended_at__isnull=True).values(one=one))
