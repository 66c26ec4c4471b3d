"""Duties: up to which amount somebody decides, what one person may not do both of, and who tried all the same.

Checked at the one door, `services.routing.eligible` and `votes_for`; said of lists by `Bounds.refuses`. Barred persons
(promise 4) are the database's; these are the firm's.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import models
from django.db.models import Exists, F, Q
from django.db.models.expressions import RawSQL
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cockpit.accounts.models import Person, Unit


class Limit(models.Model):
    """Up to this amount `person` decides requests of that kind; without one, whatever their role is asked."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="approval_limits")
    kind = models.CharField(max_length=60)
    amount = models.DecimalField(max_digits=18, decimal_places=2)
    currency = models.CharField(max_length=3)
    set_at = models.DateTimeField()

    class Meta:
        ordering = ["kind", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["person", "kind"], name="limit_once_per_kind"),
            models.CheckConstraint(condition=Q(amount__gte=0), name="limit_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.person}: {self.kind} ≤ {self.amount} {self.currency}"


class DutyPair(models.Model):
    """Whoever did the first of `same` may not decide the second, for so many days; if both decide, either way round."""

    class Act(models.TextChoices):
        ASKS = "asks", _("asked for")
        DECIDES = "decides", _("decided")

    class Same(models.TextChoices):
        CLIENT = "client", _("of the same client")
        PROJECT = "project", _("of the same project")
        RECORD = "record", _("about the same record")
        ANY = "any", _("whatever it is about")

    first_act = models.CharField(max_length=8, choices=Act)
    first_kind = models.CharField(max_length=60)
    second_kind = models.CharField(max_length=60)
    same = models.CharField(max_length=8, choices=Same, default=Same.CLIENT)
    days = models.PositiveIntegerField(default=365)
    why = models.CharField(max_length=200, blank=True, default="")
    added_by = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")
    added_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["first_kind", "second_kind", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["first_act", "first_kind", "second_kind", "same"],
                condition=Q(ended_at__isnull=True),
                name="duty_pair_once",
            ),
            models.CheckConstraint(
                condition=Q(first_act="asks") | ~Q(first_kind=F("second_kind")), name="deciding_one_kind_is_no_pair"
            ),
            models.CheckConstraint(condition=Q(days__gte=1), name="duty_pair_has_days"),
        ]

    def __str__(self) -> str:
        return f"{self.first_act} {self.first_kind} × decides {self.second_kind}"


class Attempt(models.Model):
    """Somebody pressed although a duty forbids it. Refused; counted once for each person, request and reason."""

    class Reason(models.TextChoices):
        BARRED = "barred", _("asked for it, wrote it or gains from it")
        TWICE = "twice", _("decided another step of it")
        LIMIT = "limit", _("beyond their limit")
        PAIR = "pair", _("did what must not be one person’s")

    person = models.ForeignKey(Person, models.CASCADE, related_name="+")
    request = models.ForeignKey("approvals.Request", models.CASCADE, related_name="attempts")
    reason = models.CharField(max_length=8, choices=Reason)
    count = models.PositiveIntegerField(default=1)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "request", "reason"], name="attempt_once")]
        indexes = [models.Index(fields=["-last_at"], name="attempt_latest")]


class GrantReview(models.Model):
    """A role that somebody holds on a unit, and who last said that they shall go on holding it."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="+")
    role = models.CharField(max_length=40)
    unit = models.ForeignKey(Unit, models.CASCADE, related_name="+")
    seen_at = models.DateTimeField()  # first; from then on it counts until somebody confirms it
    confirmed_at = models.DateTimeField(null=True, blank=True)
    confirmed_by = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "role", "unit"], name="grant_review_once"),
            models.CheckConstraint(condition=~Q(person=F("confirmed_by")), name="nobody_confirms_their_own_role"),
        ]


# --- of lists: what one person may not decide ---------------------------------------------------------


@dataclass(frozen=True)
class Cap:
    kind: str
    amount: Decimal
    currency: str


@dataclass(frozen=True)
class Pair:
    first_act: str
    first_kind: str
    second_kind: str
    same: str
    days: int


@dataclass(frozen=True)
class Bounds:
    """What the duties say of one person; empty for most."""

    person_id: int
    caps: tuple[Cap, ...] = ()
    pairs: tuple[Pair, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.caps or self.pairs)

    def refuses(self, at: datetime, prefix: str = "") -> Q:
        """The requests that this person may not decide because of them. Never unknown: an unknown amount is refused."""
        found = Q(pk__in=[])
        for cap in self.caps:
            found |= _beyond(cap, prefix)
        for pair in self.pairs:
            found |= _after(pair, self.person_id, at, prefix)
        return found


def _beyond(cap: Cap, prefix: str) -> Q:
    mine = Q(**{f"{prefix}currency": cap.currency})
    other = Q(**{f"{prefix}amount_reporting__gt": cap.amount}) | Q(**{f"{prefix}rate_known": False})
    if cap.currency != settings.REPORTING_CURRENCY:
        other = Q()
    above = (mine & Q(**{f"{prefix}amount__gt": cap.amount})) | (~mine & other)
    return Q(**{f"{prefix}kind_key": cap.kind}) & (Q(**{f"{prefix}amount__isnull": True}) | above)


def _after(pair: Pair, person_id: int, at: datetime, prefix: str) -> Q:
    since = at - timedelta(days=pair.days)
    if pair.first_act == DutyPair.Act.ASKS:
        asked = apps.get_model("approvals", "Request").objects.filter(
            requester=person_id, kind_key=pair.first_kind, asked_at__gt=since
        )
        return _like(pair, pair.second_kind, asked, "", prefix)
    votes = apps.get_model("approvals", "Decision").objects.filter(
        Q(person=person_id) | Q(effective_person=person_id), void_at__isnull=True, at__gt=since
    )
    found = Q(pk__in=[])
    for done, other in ((pair.first_kind, pair.second_kind), (pair.second_kind, pair.first_kind)):
        found |= _like(pair, other, votes.filter(round__request__kind_key=done), "round__request__", prefix)
    return found


def _like(pair: Pair, kind: str, done: models.QuerySet, path: str, prefix: str) -> Q:
    """Requests of `kind` that have the pair's thing in common with one of `done`."""
    here = Q(**{f"{prefix}kind_key": kind})
    if pair.same == DutyPair.Same.ANY:
        return here & Q(Exists(done))
    column = COLUMN[DutyPair.Same(pair.same)]
    known = done.filter(**{f"{path}{column}__isnull": False}).values(f"{path}{column}")
    return here & Q(**{f"{prefix}{column}__in": known})


COLUMN = {
    DutyPair.Same.CLIENT: "client_odoo_id",
    DutyPair.Same.PROJECT: "project_odoo_id",
    DutyPair.Same.RECORD: "subject",
}


# --- of one request: who may not decide it ------------------------------------------------------------

# The same as `Bounds.refuses`, asked from the other side. With the request's values, or its columns, put in.
_UNFIT = """
    SELECT l.person_id FROM approvals_limit l
    WHERE l.kind = {kind} AND ({amount} IS NULL OR CASE
        WHEN l.currency = {currency} THEN l.amount < {amount}
        WHEN l.currency = %(reporting)s THEN l.amount < {amount_reporting} OR NOT {rate_known}
        ELSE TRUE END)
    UNION ALL
    SELECT unnest(ARRAY[d.person_id, d.effective_person_id]) FROM approvals_dutypair p
    JOIN approvals_request r ON r.kind = CASE WHEN p.second_kind = {kind} THEN p.first_kind ELSE p.second_kind END
    JOIN approvals_round o ON o.request_id = r.id
    JOIN approvals_decision d ON d.round_id = o.id AND d.void_at IS NULL
    WHERE p.ended_at IS NULL AND p.first_act = 'decides' AND {kind} IN (p.first_kind, p.second_kind)
      AND d.at > %(at)s::timestamptz - make_interval(days => p.days::int)
      AND CASE p.same WHEN 'client' THEN r.client_odoo_id = {client} WHEN 'project' THEN r.project_odoo_id = {project}
                      WHEN 'record' THEN r.subject = {subject} ELSE TRUE END
    UNION ALL
    SELECT r.requester_id FROM approvals_dutypair p
    JOIN approvals_request r ON r.kind = p.first_kind AND r.requester_id IS NOT NULL
    WHERE p.ended_at IS NULL AND p.first_act = 'asks' AND p.second_kind = {kind}
      AND r.asked_at > %(at)s::timestamptz - make_interval(days => p.days::int)
      AND CASE p.same WHEN 'client' THEN r.client_odoo_id = {client} WHEN 'project' THEN r.project_odoo_id = {project}
                      WHEN 'record' THEN r.subject = {subject} ELSE TRUE END
"""
UNFIT = _UNFIT.format(
    kind="%(kind)s",
    amount="%(amount)s::numeric",
    currency="%(currency)s",
    amount_reporting="%(amount_reporting)s::numeric",
    rate_known="%(rate_known)s",
    client="%(client)s::bigint",
    project="%(project)s::bigint",
    subject="%(subject)s",
)
UNFIT_FOR_ROW = _UNFIT.format(  # q: a row of approvals_request
    kind="q.kind",
    amount="q.amount",
    currency="q.currency",
    amount_reporting="q.amount_reporting",
    rate_known="q.rate_known",
    client="q.client_odoo_id",
    project="q.project_odoo_id",
    subject="q.subject",
)


class Unfit(RawSQL):
    """The ids of everybody whom a duty keeps from deciding `request`, as a subquery."""

    def __init__(self, request: Any, at: datetime | None = None) -> None:
        values = {
            "kind": request.kind_key,
            "amount": request.amount,
            "currency": request.currency,
            "reporting": settings.REPORTING_CURRENCY,
            "amount_reporting": request.amount_reporting,
            "rate_known": request.rate_known,
            "client": request.client_odoo_id,
            "project": request.project_odoo_id,
            "subject": request.subject,
            "at": at or timezone.now(),
        }
        sql, params = _positional(UNFIT, values)
        super().__init__(sql, params)


def _positional(sql: str, values: dict[str, Any]) -> tuple[str, list[Any]]:
    """Django wants its parameters in a row."""
    parts = sql.split("%(")
    out = parts[0]
    params: list[Any] = []
    for part in parts[1:]:
        name, rest = part.split(")s", 1)
        out, params = f"{out}%s{rest}", [*params, values[name]]
    return out, params


def unfit(request: Any, among: Iterable[int], *, at: datetime | None = None) -> set[int]:
    """Which of these persons a duty keeps from deciding the request. One query; none for nobody."""
    wanted = set(among)
    if not wanted:
        return set()
    return set(Person.objects.filter(pk__in=wanted).filter(pk__in=Unfit(request, at)).values_list("pk", flat=True))


def bounds_of(caps: Sequence[Any], pairs: Sequence[Any], person_id: int) -> Bounds:
    """Read from the JSON of `delegations.look`."""
    return Bounds(
        person_id,
        tuple(Cap(one["kind"], Decimal(one["amount"]), one["currency"]) for one in caps),
        tuple(Pair(**one) for one in pairs),
    )


def bounded_kinds() -> set[str]:
    """The kinds of which a limit or a pair says anything."""
    pairs = DutyPair.objects.filter(ended_at__isnull=True).values_list("first_kind", "second_kind")
    return {*Limit.objects.values_list("kind", flat=True), *(kind for pair in pairs for kind in pair)}
