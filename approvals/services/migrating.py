"""Running requests keep their policy version until somebody moves them to another: seen before, one by one, audited."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from approvals import policy
from approvals.models import PolicyVersion, Request
from approvals.policy import StepSpec
from approvals.services.asking import close
from approvals.services.refusing import DecisionRefused
from approvals.services.routing import close_round, lock, open_round
from approvals.services.turning import overtake
from cockpit.accounts.models import Person
from cockpit.audit import record

MOST = 200  # requests that are shown, and moved, at once


class MoveToVersionRefusedError(DecisionRefused):
    """The request cannot be moved; the sentence says why."""

    def __init__(self, sentence: str) -> None:
        self.sentence = sentence


@dataclass(frozen=True)
class Moving:
    """What moving one request would change: whom it asks now, whom it would, and how many decisions are asked again."""

    request: Request
    before: tuple[StepSpec, ...]
    after: tuple[StepSpec, ...]
    void: int

    @property
    def same(self) -> bool:
        return self.before == self.after

    @property
    def goes(self) -> tuple[StepSpec, ...]:
        return tuple(step for step in self.before if step not in self.after)

    @property
    def comes(self) -> tuple[StepSpec, ...]:
        return tuple(step for step in self.after if step not in self.before)


def movable(version: PolicyVersion, units: Iterable[int]) -> QuerySet[Request]:
    """Pending requests of these units that follow another version; what is decided already settles as it is."""
    found = Request.objects.filter(version__policy=version.policy_id, unit_id__in=units, state=Request.State.PENDING)
    return found.exclude(version=version).select_related("unit", "snapshot", "version").order_by("asked_at", "pk")


def preview(version: PolicyVersion, units: Iterable[int]) -> list[Moving]:
    table = version.table()
    return [look(request, table) for request in movable(version, units)[:MOST]]


def look(request: Request, table: policy.Version) -> Moving:
    round_ = request.rounds.get(closed_at__isnull=True)
    before = tuple(policy.spec_from_data(step) for step in round_.route["steps"])
    after = _route(request, table).steps
    void = 0 if before == after else round_.decisions.filter(void_at__isnull=True).count()
    return Moving(request, before, after, void)


@transaction.atomic
def move_to_version(request_id: int, version: PolicyVersion, *, actor: Person, at: datetime) -> Moving:
    """Let a pending request follow `version`. Where that asks others, a new round begins and what was decided is void.

    Raises MoveToVersionRefusedError: decided meanwhile, or the version is not in force. Moving twice is moving once.
    """
    request = lock(request_id)
    if version.published_at is None or version.policy_id != request.version.policy_id:
        raise MoveToVersionRefusedError(_("%(policy)s is not in force.") % {"policy": version})
    if request.state != Request.State.PENDING:
        raise MoveToVersionRefusedError(_("%(number)s no longer waits for a decision.") % {"number": request.number})
    moving = look(request, version.table())
    if request.version_id == version.pk:
        return moving
    old, request.version = request.version, version
    request.save(update_fields=["version"])
    data = {
        "from": str(old),
        "to": str(version),
        "policy_hash": version.digest,
        "same_route": moving.same,
        "void": moving.void,
        "asks": [step.role for step in moving.after],
    }
    record(request.audit_subject, "approvals.request.migrate", actor=actor, at=at, data=data)
    if not moving.same:
        _ask_anew(request, version, actor=actor, at=at)
    return moving


def _ask_anew(request: Request, version: PolicyVersion, *, actor: Person, at: datetime) -> None:
    round_ = request.rounds.get(closed_at__isnull=True)
    found = _route(request, version.table())
    if not found.steps or request.snapshot is None:
        close(request, Request.Closed.NOT_REQUIRED, at=at, actor=actor)
        return
    reason = f"moved to {version}"[:200]
    round_.decisions.filter(void_at__isnull=True).update(void_at=at, void_reason=reason)
    overtake(round_, at=at)
    close_round(round_, at=at)
    open_round(request, request.snapshot, found, at=at, reason=reason)


def _route(request: Request, table: policy.Version) -> policy.Route:
    facts = request.snapshot.facts if request.snapshot else {}
    return policy.route(table, facts, tuple(request.unit.ancestor_ids))
