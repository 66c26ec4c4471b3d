"""A policy is published by two people: who wrote it asks, somebody else decides, then it goes on its way into force."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from approvals import linting
from approvals.lint_world import Finding
from approvals.models import Policy, PolicyVersion, Request
from approvals.policy_change import KEY, TABLE
from approvals.policy_files import read
from approvals.reading.policy_differences import as_text, between, counts
from approvals.services.asking import ask, withdraw
from approvals.services.drafting import DraftRefusedError, lock_draft
from approvals.services.publishing import draft, publish, submit
from cockpit.accounts import grants
from cockpit.accounts.models import Person, Unit
from cockpit.accounts.roles import SETUP
from cockpit.events.models import Event
from cockpit.transitions import TransitionError, advance

SYSTEM = "system:policies"
State = PolicyVersion.State


class LintError(DraftRefusedError):
    """The check found what must be mended first; `findings` are all it found."""

    def __init__(self, findings: list[Finding]) -> None:
        self.findings = findings
        self.sentence = _("The check found what has to be mended first. Nobody was asked.")


@transaction.atomic
def ask_to_publish(version_id: int, *, revision: int, actor: Person, at: datetime) -> Request:
    """Put a draft before a second person. Asking twice is asking once.

    Raises LintError, DraftMovedError or DraftRefusedError: somebody else published meanwhile, another version is on its
    way, nothing differs, or nobody but its authors could decide.
    """
    version = lock_draft(version_id, revision)
    _check_based_on(version, at=at)
    findings = linting.check(version)
    if any(one.stops for one in findings):
        raise LintError(findings)
    _check_four_eyes(version)
    version.editors.add(actor)
    unit = _unit_of(actor)
    _rule_changes(unit, at=at)
    facts = _facts(version, findings, actor, at=at)
    try:
        with transaction.atomic():
            advance(version, "ask", actor=actor, at=at)
    except IntegrityError:
        raise DraftRefusedError(_("Another version of this policy is on its way already. Wait for it.")) from None
    request = ask(
        KEY,
        subject=version.audit_subject,
        unit=unit,
        facts=facts,
        at=at,
        actor=actor,
        requester=actor,
        barred=version.editors.values_list("pk", flat=True),
    )
    if request is None or not request.is_open:
        raise DraftRefusedError(
            _("Nobody would be asked about it: the policy for policy changes asks nobody, or does not bind.")
        )
    return request


def request_of(version: PolicyVersion) -> Request | None:
    """The latest request about publishing it."""
    return Request.objects.filter(kind_key=KEY, subject=version.audit_subject).order_by("-pk").first()


@transaction.atomic
def take_back_draft(version_id: int, *, actor: Person, at: datetime) -> None:
    """What waits for a second person, or for its day, is a draft again. Raises DraftRefusedError."""
    version = PolicyVersion.objects.select_for_update(of=("self",)).select_related("policy").get(pk=version_id)
    request = request_of(version)
    if version.submitted_at is not None or version.state not in (State.ASKED, State.AGREED):
        raise DraftRefusedError(_("%(policy)s cannot be taken back any more.") % {"policy": version})
    if request is not None and request.is_open and request.requester_id != actor.pk:
        raise DraftRefusedError(
            _("Only %(person)s, who asked, can take it back. Reject it in the queue instead.")
            % {"person": request.requester}
        )
    if request is not None and request.is_open:
        withdraw(request.pk, actor=actor, at=at)
    advance(version, "decline", actor=actor, at=at, note="taken back")


def on_decided(event: Event, *, at: datetime) -> None:
    """Handler of `approvals.decided`: what was agreed goes on its way, what was rejected is a draft again."""
    request = Request.objects.get(pk=event.payload["request"])
    if request.kind_key != KEY:
        return
    version = PolicyVersion.objects.get(pk=int(request.subject.rpartition(":")[2]))
    act = "agree" if event.payload["outcome"] == "approved" else "decline"
    try:
        advance(version, act, actor=SYSTEM, at=at, note=request.number)
    except TransitionError:
        return  # taken back, or this event was handled before
    send_due(at=at)


def send_due(*, at: datetime) -> int:
    """Send what was agreed and whose time has come; how many. What lost its request is a draft again."""
    _give_back(at=at)
    due = Q(effective_at__isnull=True) | Q(effective_at__lte=at)
    found = PolicyVersion.objects.filter(due, state=State.AGREED, submitted_at__isnull=True)
    return sum(_send(pk, at=at) for pk in found.values_list("pk", flat=True))


@transaction.atomic
def _send(pk: int, *, at: datetime) -> bool:
    version = PolicyVersion.objects.select_for_update(of=("self",)).select_related("policy").get(pk=pk)
    if version.state != State.AGREED or version.submitted_at is not None:
        return False
    submit(version, actor=SYSTEM, at=at)
    return True


def _give_back(*, at: datetime) -> None:
    """Drafts whose request was withdrawn or closed without a decision."""
    for version in PolicyVersion.objects.filter(state=State.ASKED):
        request = request_of(version)
        if request is None or request.state == Request.State.CLOSED:
            advance(version, "decline", actor=SYSTEM, at=at, note="closed without a decision")


@transaction.atomic
def load_at_once(version: PolicyVersion, *, actor: Any, at: datetime) -> None:
    """Into force without a second person: only while no version of the kind was ever published."""
    if version.policy.versions.filter(state=State.PUBLISHED).exists():
        raise DraftRefusedError(
            _("%(policy)s has been in force before, so a second person decides on what comes next.")
            % {"policy": version.policy}
        )
    submit(version, actor=actor, at=at)


def _check_based_on(version: PolicyVersion, *, at: datetime) -> None:
    current = version.policy.version_at(at)
    if current is not None and version.based_on_id != current.pk:
        raise DraftRefusedError(
            _("%(policy)s came into force since this draft was begun. See what differs, and go on from it.")
            % {"policy": current}
        )
    same_terms = current is not None and (current.mode, current.bulk_below) == (version.mode, version.bulk_below)
    if same_terms and not between(current, version):
        raise DraftRefusedError(_("Nothing differs from what is in force."))


def _check_four_eyes(version: PolicyVersion) -> None:
    """The policy for policy changes must always ask somebody: else nobody could ever publish again."""
    if version.policy.kind != KEY:
        return
    rules = version.table().rules
    every = any(not rule.when and rule.unit_id is None and not rule.add_on for rule in rules)
    if version.mode != Policy.Mode.ENFORCE or not every or not all(rule.steps for rule in rules):
        raise DraftRefusedError(
            _(
                "Policy changes always need a second person: enforce it, let every row ask somebody, and end with a "
                "row for every unit without conditions."
            )
        )


def _unit_of(actor: Person) -> Unit:
    """Where the change is asked: the topmost unit that its author runs."""
    user = actor.user
    units = Unit.objects.filter(pk__in=grants.units_where(user, SETUP) if user else []).order_by("path")
    found = units.first()
    if found is None:
        raise DraftRefusedError(_("Only an operations admin can ask for a policy to be published."))
    return found


def _rule_changes(unit: Unit, *, at: datetime) -> None:
    """Put the table for policy changes in force where the firm has none of its own."""
    policy = Policy.objects.filter(kind=KEY).first()
    if policy is None or policy.version_at(at) is None:
        publish(draft(read(TABLE), actor=SYSTEM, at=at), actor=SYSTEM, at=at)


def _facts(version: PolicyVersion, findings: list[Finding], actor: Person, *, at: datetime) -> dict[str, Any]:
    current = version.policy.version_at(at)
    found = between(current, version)
    many = counts(found)
    path = reverse("policy_version", args=[version.policy.kind, version.number])
    return {
        "policy": str(version),
        "policy_kind": version.policy.kind,
        "mode_before": current.mode if current else None,
        "mode": version.mode,
        "bulk_before": _limit(current),
        "bulk": _limit(version),
        "effective": localtime(version.effective_at).date().isoformat() if version.effective_at else None,
        "rows_added": str(many["added"]),
        "rows_removed": str(many["removed"]),
        "rows_changed": str(many["changed"]),
        "warnings": str(len(findings)),
        "why": version.why or None,
        "author": {"id": actor.pk, "name": actor.name},
        "difference": as_text(found),
        "page": {"text": str(version), "url": f"{settings.PUBLIC_URL}{path}"},
    }


def _limit(version: PolicyVersion | None) -> str | None:
    return None if version is None or version.bulk_below is None else str(version.bulk_below)
