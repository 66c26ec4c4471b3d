"""Who reads policies, and who may write which rows."""

from __future__ import annotations

from django.http import Http404

from approvals.models import Policy, PolicyVersion
from cockpit.accounts import grants
from cockpit.accounts.models import Person, Unit, User
from cockpit.accounts.roles import DATA, SETUP
from cockpit.pages.requests import PageRequest


def may_read(user: User) -> bool:
    """Who runs the cockpit, who answers for its data, and who audits."""
    held = grants.granted_units(user)
    return "auditor" in held or bool(grants.units_where(user, DATA) or grants.units_where(user, SETUP))


def may_write(user: User) -> bool:
    return bool(grants.units_where(user, SETUP)) and getattr(user, "person", None) is not None


def writable_units(user: User) -> set[int]:
    """The units whose rows somebody may write."""
    return grants.units_where(user, SETUP)


def writes_everywhere(user: User) -> bool:
    """Whether somebody may write rows that count in every unit: who runs the cockpit in all companies."""
    roots = set(Unit.objects.filter(active=True, parent__isnull=True).values_list("pk", flat=True))
    return roots <= writable_units(user)


def reader(request: PageRequest) -> None:
    if not may_read(request.user):
        raise Http404


def writer(request: PageRequest) -> Person:
    reader(request)
    if not may_write(request.user):
        raise Http404
    person: Person = request.user.person
    return person


def version_or_404(kind: str, number: int) -> PolicyVersion:
    found = PolicyVersion.objects.filter(policy__kind=kind, number=number)
    version = found.select_related("policy__owner", "author", "based_on").first()
    if version is None:
        raise Http404
    return version


def policy_of(kind: str) -> Policy | None:
    return Policy.objects.filter(kind=kind).select_related("owner").first()
