"""Policies come into force as whole versions; a published row never changes."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max

from approvals.models import Policy, PolicyVersion
from approvals.policy_files import PolicyText
from approvals.policy_texts import digest_of
from approvals.services.writing import kind_of, write_rows
from cockpit.accounts.models import Person
from cockpit.audit import record
from cockpit.events.services import emit
from cockpit.transitions import advance


@transaction.atomic
def draft(text: PolicyText, *, actor: Any, at: datetime, based_on: PolicyVersion | None = None) -> PolicyVersion:
    """A new version with these rows, not in force yet. Raises PolicyError naming an unknown kind, fact or unit."""
    kind_of(text.kind)
    policy, _made = Policy.objects.get_or_create(kind=text.kind, defaults={"name": text.name, "mode": "off"})
    policy = Policy.objects.select_for_update().get(pk=policy.pk)  # numbers are given one after the other
    last = policy.versions.aggregate(last=Max("number"))["last"] or 0
    version = PolicyVersion.objects.create(
        policy=policy,
        number=last + 1,
        mode=text.mode,
        author=actor if isinstance(actor, Person) else None,
        based_on=based_on or policy.version_at(at),
    )
    if version.author:
        version.editors.add(version.author)
    write_rows(version, text)
    record(version.audit_subject, "approvals.policyversion.draft", actor=actor, at=at, data={"policy": str(version)})
    return version


@transaction.atomic
def submit(version: PolicyVersion, *, actor: Any, at: datetime) -> None:
    """Send the version into force. Whoever guards records in Odoo moves its guard first, then publishes."""
    PolicyVersion.objects.filter(pk=version.pk, submitted_at__isnull=True).update(submitted_at=at)
    version.refresh_from_db()
    record(version.audit_subject, "approvals.policyversion.submit", actor=actor, at=at, data={"policy": str(version)})
    emit(
        "approvals.policy.submitted",
        subject=version.audit_subject,
        key=f"submit/{version.pk}",
        at=at,
        payload={"version": version.pk},
    )


@transaction.atomic
def publish(version: PolicyVersion, *, actor: Any, at: datetime) -> None:
    """Put the version in force from `at`. Running requests keep theirs. Publishing twice changes nothing."""
    locked = PolicyVersion.objects.select_for_update().select_related("policy").get(pk=version.pk)
    if locked.published_at is not None:
        return
    said = {"policy": str(locked), "mode": locked.mode, "policy_hash": digest_of(locked)}
    advance(locked, "publish", actor=actor, at=at, published_at=at, digest=said["policy_hash"], data=said)
    owner = locked.policy.owner or locked.author
    Policy.objects.filter(pk=locked.policy_id).update(mode=locked.mode, owner=owner)
    emit(
        "approvals.policy.published",
        subject=version.audit_subject,
        key=f"publish/{version.pk}",
        at=at,
        payload={"version": version.pk, "kind": locked.policy.kind},
    )
    version.refresh_from_db()
