"""Roles are looked at again: every so many months somebody of the unit confirms each grant or takes it away.

Never one's own: that needs a second person. A grant counts from when it was first seen here.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Count
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from guardian.models import UserObjectPermission

from approvals.duties import GrantReview
from cockpit import audit
from cockpit.accounts import grants
from cockpit.accounts.models import Person, Unit
from cockpit.accounts.roles import REVIEW
from cockpit.exception_queue.models import Case
from cockpit.exception_queue.services import clear_case, open_case

KIND = "approvals.recertify"
SYSTEM = "system:duties"
MONTH = timedelta(days=30.44)


class ReviewRefusedError(Exception):
    """Nothing was changed; `sentence` says why."""

    def __init__(self, sentence: str) -> None:
        self.sentence = sentence

    def __str__(self) -> str:
        return self.sentence


def watch(*, at: datetime) -> int:
    """Bring the list in step with what is granted, and open a case for each unit that has grants to look at."""
    follow_grants(at=at)
    due = dict(due_reviews(at).order_by().values_list("unit").annotate(count=Count("pk")))
    units = Unit.objects.in_bulk(due)
    for pk, count in sorted(due.items(), key=lambda pair: units[pair[0]].path):
        open_case(
            f"{KIND}:{pk}",
            kind=KIND,
            title=f"{count} roles of {units[pk]} are to be confirmed or taken away",
            at=at,
            severity="low",
            unit=units[pk],
            subject=f"accounts.unit:{pk}",
            detail={"unit": units[pk].name, "unit_id": pk, "count": count},
            actor=SYSTEM,
            anew=False,
        )
    for case in Case.objects.filter(kind=KIND).exclude(state=Case.State.RESOLVED):
        if int(case.fingerprint.rpartition(":")[2]) not in due:
            clear_case(case.fingerprint, at=at, reason=gettext_noop("Each role there was confirmed or taken away."))
    return len(due)


def follow_grants(*, at: datetime) -> None:
    """A row for each grant there is, and none for what was taken away. A fixed number of queries."""
    held: set[tuple[int, str, int]] = {
        (person, role, int(unit))
        for person, role, unit in UserObjectPermission.objects.filter(
            content_type__app_label="accounts", content_type__model="unit", user__person__isnull=False
        ).values_list("user__person", "permission__codename", "object_pk")
    }
    known = {(row.person_id, row.role, row.unit_id): row.pk for row in GrantReview.objects.all()}
    GrantReview.objects.filter(pk__in=[pk for key, pk in known.items() if key not in held]).delete()
    units = set(Unit.objects.values_list("pk", flat=True))
    fresh = [key for key in sorted(held - known.keys()) if key[2] in units]
    GrantReview.objects.bulk_create(
        [GrantReview(person_id=person, role=role, unit_id=unit, seen_at=at) for person, role, unit in fresh],
        ignore_conflicts=True,
    )


def due_reviews(at: datetime) -> Any:
    """Grants whose last look is too long ago."""
    before = at - settings.RECERTIFY_MONTHS * MONTH
    return GrantReview.objects.annotate(looked_at=Coalesce("confirmed_at", "seen_at")).filter(looked_at__lte=before)


@transaction.atomic
def confirm_grant(review_id: int, *, actor: Person, at: datetime) -> GrantReview:
    """The person goes on holding the role there. Raises ReviewRefusedError for one's own, or for a foreign unit."""
    row = _lock(review_id, actor)
    row.confirmed_at, row.confirmed_by = at, actor
    row.save(update_fields=["confirmed_at", "confirmed_by"])
    data = {"role": row.role, "unit": row.unit_id}
    audit.record(f"accounts.person:{row.person_id}", "accounts.grant.confirm", actor=actor, at=at, data=data)
    return row


@transaction.atomic
def take_away(review_id: int, *, actor: Person, at: datetime) -> None:
    """The person holds the role there no more; what they decided stays decided. Raises ReviewRefusedError."""
    row = _lock(review_id, actor)
    grants.revoke(row.person, row.role, row.unit, actor=actor, at=at)
    row.delete()


def may_review(actor: Person, unit: Unit) -> bool:
    return actor.user is not None and grants.has_capability(actor.user, REVIEW, unit)


def _lock(review_id: int, actor: Person) -> GrantReview:
    rows = GrantReview.objects.select_for_update(of=("self",)).select_related("person__user", "unit")
    row = rows.filter(pk=review_id).first()
    if row is None:
        raise ReviewRefusedError(_("This role was taken away meanwhile."))
    if row.person_id == actor.pk:
        raise ReviewRefusedError(_("Your own role is confirmed or taken away by a second person."))
    if not may_review(actor, row.unit):
        raise ReviewRefusedError(_("You do not look after the roles of %(unit)s.") % {"unit": row.unit})
    return row
