"""What was said is kept as long as its kind says after the end; then it goes, and the proof stays."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce

from approvals import kinds
from approvals.models import Request
from approvals.services.erasing import purge
from cockpit.audit import record

SYSTEM = "system:retention"
OF_NO_KIND = timedelta(days=3653)  # of requests whose kind the firm does not use any more
AT_ONCE = 500


@dataclass(frozen=True)
class Purged:
    """By kind: how many went, or would; and how many must wait, for an effect of them still does."""

    gone: dict[str, int]
    waits: int = 0

    @property
    def total(self) -> int:
        return sum(self.gone.values())


def retention_of(kind_key: str) -> timedelta:
    try:
        return kinds.get(kind_key).retention
    except kinds.UnknownKindError:
        return OF_NO_KIND


def due(at: datetime) -> QuerySet[Request]:
    """Requests that ended longer ago than their kind keeps what was said; the oldest first."""
    known = list(kinds.registry())
    over = Q(ended__lte=at - OF_NO_KIND) & ~Q(kind_key__in=known)
    for key in known:
        over |= Q(kind_key=key, ended__lte=at - retention_of(key))
    ended = Request.objects.exclude(state__in=Request.OPEN).filter(purged_at__isnull=True)
    return ended.annotate(ended=Coalesce("closed_at", "asked_at")).filter(over).order_by("ended", "pk")


def would_purge(at: datetime) -> Purged:
    return Purged(dict(Counter(due(at).values_list("kind_key", flat=True))))


def purge_due(at: datetime, *, limit: int = AT_ONCE) -> Purged:
    """Each in its own transaction, so that one that cannot go holds up none; the rest is the next run's."""
    found = list(due(at).values_list("pk", "kind_key")[:limit])
    gone = Counter(kind for pk, kind in found if purge(pk, actor=SYSTEM, at=at))
    if gone:
        with transaction.atomic():
            record("approvals.retention", "approvals.retention.run", actor=SYSTEM, at=at, data={"purged": dict(gone)})
    return Purged(dict(gone), len(found) - gone.total())
