"""Drafts of decision tables: begun from what is in force, edited row by row, dropped or sent on its way."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from approvals import kinds
from approvals.models import Policy, PolicyVersion
from approvals.policy_files import PolicyText
from approvals.services.publishing import draft
from approvals.services.refusing import DecisionRefused
from approvals.services.writing import check_limit, text_of, write_rows
from cockpit.accounts.models import Person
from cockpit.audit import record, reference
from cockpit.transitions import advance


class DraftRefusedError(DecisionRefused):
    """It cannot be done to this draft; the sentence says why and what to do."""

    def __init__(self, sentence: str) -> None:
        self.sentence = sentence


class DraftMovedError(DraftRefusedError):
    """Somebody edited the draft since it was on the screen."""


def open_draft(kind_key: str) -> PolicyVersion | None:
    """The latest draft of the kind that has not been sent on its way."""
    drafts = PolicyVersion.objects.filter(
        policy__kind=kind_key, state=PolicyVersion.State.DRAFT, submitted_at__isnull=True
    )
    return drafts.select_related("policy", "author").order_by("-number").first()


@transaction.atomic
def begin_draft(kind_key: str, *, actor: Person, at: datetime) -> PolicyVersion:
    """A draft that says what is in force now; the one that is open, where there is one: a double click makes one."""
    kind = kinds.get(kind_key)
    policy, _made = Policy.objects.get_or_create(kind=kind_key, defaults={"name": str(kind.label), "mode": "off"})
    Policy.objects.select_for_update().get(pk=policy.pk)
    if found := open_draft(kind_key):
        return found
    current = policy.version_at(at)
    text = text_of(current) if current else PolicyText(kind_key, policy.name, Policy.Mode.OBSERVE, [])
    return draft(text, actor=actor, at=at)


@transaction.atomic
def save_draft(version_id: int, text: PolicyText, *, revision: int, actor: Person, at: datetime) -> PolicyVersion:
    """Give the draft these rows and this mode. Raises DraftRefusedError, DraftMovedError or PolicyError."""
    version = lock_draft(version_id, revision)
    if version.policy.kind != text.kind:
        raise DraftRefusedError(
            _("This file is a policy of %(other)s, not of %(kind)s.")
            % {"other": text.kind, "kind": version.policy.kind}
        )
    write_rows(version, text)
    version.mode = text.mode
    return _edited(version, actor=actor, at=at, data={"rows": len(text.rules), "mode": text.mode})


@transaction.atomic
def set_terms(
    version_id: int,
    *,
    mode: str,
    effective_at: datetime | None,
    why: str,
    revision: int,
    actor: Person,
    at: datetime,
    bulk_below: Decimal | None = None,
) -> PolicyVersion:
    """Whether it binds, from when on, why it is made, and up to what several are decided at once.

    Raises PolicyError, DraftRefusedError or DraftMovedError.
    """
    version = lock_draft(version_id, revision)
    if effective_at is not None and effective_at <= at:
        raise DraftRefusedError(_("A policy comes into force at once or at a later time, never in the past."))
    check_limit(kinds.get(version.policy.kind), bulk_below)
    version.mode, version.effective_at, version.why = mode, effective_at, why.strip()[:400]
    version.bulk_below = bulk_below
    begins, limit = effective_at.isoformat() if effective_at else None, None if bulk_below is None else str(bulk_below)
    return _edited(version, actor=actor, at=at, data={"mode": mode, "effective_at": begins, "bulk_below": limit})


@transaction.atomic
def go_on_from(version_id: int, *, revision: int, actor: Person, at: datetime) -> PolicyVersion:
    """Another version came into force meanwhile: the draft, as it is, is now a change of that one.

    What differs from it has been on the screen. Raises DraftRefusedError or DraftMovedError.
    """
    version = lock_draft(version_id, revision)
    current = version.policy.version_at(at)
    if current is None or version.based_on_id == current.pk:
        return version
    version.based_on = current
    version.save(update_fields=["based_on"])
    return _edited(version, actor=actor, at=at, data={"based_on": str(current)})


@transaction.atomic
def set_owner(kind_key: str, owner: Person | None, *, actor: Person, at: datetime) -> None:
    """Say who answers for a kind's policy. The same again changes nothing."""
    policy = Policy.objects.select_for_update(of=("self",)).select_related("owner").get(kind=kind_key)
    if policy.owner == owner:
        return
    policy.owner = owner
    policy.save(update_fields=["owner"])
    data = {"policy": policy.name, "owner": reference(owner) if owner else None}
    record(f"approvals.policy:{policy.pk}", "approvals.policy.owner", actor=actor, at=at, data=data)


@transaction.atomic
def drop_draft(version_id: int, *, actor: Person, at: datetime) -> None:
    """Give a draft up; it stays to be read. Raises DraftRefusedError."""
    version = lock_draft(version_id, None)
    advance(version, "drop", actor=actor, at=at)


def lock_draft(version_id: int, revision: int | None) -> PolicyVersion:
    version = PolicyVersion.objects.select_for_update(of=("self",)).select_related("policy").get(pk=version_id)
    if version.state != PolicyVersion.State.DRAFT or version.submitted_at is not None:
        raise DraftRefusedError(
            _("%(policy)s is no draft any more: %(state)s. Make a new draft.")
            % {"policy": version, "state": version.get_state_display()}
        )
    if revision is not None and version.revision != revision:
        raise DraftMovedError(
            _("Somebody changed this draft since you opened it. What you typed is still here; look at theirs first.")
        )
    return version


def _edited(version: PolicyVersion, *, actor: Person, at: datetime, data: dict) -> PolicyVersion:
    """Whoever edits it may not decide on it: all of them are kept, and are barred when it is asked."""
    version.revision += 1
    version.save(update_fields=["mode", "effective_at", "why", "bulk_below", "revision"])
    version.editors.add(actor)
    record(version.audit_subject, "approvals.policyversion.edit", actor=actor, at=at, data=data)
    return version
