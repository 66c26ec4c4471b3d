"""Reading policies: the list of kinds, one version as a table, the difference between two."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from approvals import kinds, services
from approvals.editor import showing
from approvals.editor.access import may_write, policy_of, reader, version_or_404
from approvals.editor.terms import OwnerForm, TermsForm
from approvals.models import PolicyVersion
from approvals.policy_files import write
from approvals.reading.policy_differences import between, said
from approvals.services.agreeing import request_of
from cockpit.accounts.models import Unit
from cockpit.pages.requests import PageRequest

State = PolicyVersion.State


@require_safe
@never_cache
def overview(request: PageRequest) -> HttpResponse:
    reader(request)
    return render(request, "policies/list.html", {"lines": showing.lines(timezone.now())})


@require_safe
@never_cache
def policy(request: PageRequest, kind: str) -> HttpResponse:
    """What is in force for a kind, its versions, and what comes next."""
    reader(request)
    _known(kind)
    found = policy_of(kind)
    current = found.version_at(timezone.now()) if found else None
    return version_page(request, kind, current)


@require_safe
@never_cache
def version(request: PageRequest, kind: str, number: int) -> HttpResponse:
    reader(request)
    return version_page(request, kind, version_or_404(kind, number))


@require_safe
@never_cache
def as_file(request: PageRequest, kind: str, number: int) -> HttpResponse:
    reader(request)
    found = version_or_404(kind, number)
    answer = HttpResponse(write(services.text_of(found)), content_type="application/yaml; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="{kind}-v{number}.yaml"'
    return answer


@require_safe
@never_cache
def compare(request: PageRequest, kind: str) -> HttpResponse:
    """Any two versions; without a choice the one in force and the one before it."""
    reader(request)
    found = policy_of(kind)
    if found is None:
        raise Http404
    versions = showing.versions_of(found)
    before, after = _chosen(request, versions)
    changes = said(between(before, after), kinds.get(kind)) if after else []
    context = {"kind": kinds.get(kind), "versions": versions, "before": before, "after": after, "changes": changes}
    return render(request, "policies/compare.html", context)


def version_page(
    request: PageRequest, kind: str, found: PolicyVersion | None, *, status: int = 200, **more: Any
) -> HttpResponse:
    """One version with everything that can be done to it; without one the page says what to do."""
    now = timezone.now()
    writes = may_write(request.user)
    policy_row = policy_of(kind)
    current = policy_row.version_at(now) if policy_row else None
    context: dict[str, Any] = {
        "kind": kinds.get(kind),
        "policy": policy_row,
        "version": found,
        "current": current,
        "writes": writes,
        "versions": showing.versions_of(policy_row) if policy_row else [],
        "draft": services.open_draft(kind),
        "units": Unit.objects.filter(active=True),
        "owner_form": OwnerForm(initial={"owner": policy_row.owner}) if policy_row else None,
        "running": showing.running(policy_row, current) if policy_row and current else 0,
    }
    if found is not None:
        context |= _of_version(request, found, current, writes=writes)
    return render(request, "policies/version.html", {**context, **more}, status=status)


def _of_version(
    request: PageRequest, found: PolicyVersion, current: PolicyVersion | None, *, writes: bool
) -> dict[str, Any]:
    editable = writes and found.state == State.DRAFT and found.submitted_at is None
    findings = showing.findings_of(found)
    unit = _unit(request)
    return {
        "editable": editable,
        "overtaken": editable and current is not None and found.based_on_id != current.pk,
        "unit": unit,
        "table": showing.table(found, request.user, unit, findings, editable=editable),
        "findings": findings,
        "stops": any(one.stops for one in findings),
        "changes": said(between(current, found), kinds.get(found.policy.kind)) if found != current else [],
        "asked": request_of(found),
        "terms": TermsForm.of(found),
    }


def _unit(request: PageRequest) -> Unit | None:
    chosen = request.GET.get("unit", "")
    return Unit.objects.filter(pk=int(chosen), active=True).first() if chosen.isdigit() else None


def _chosen(request: PageRequest, versions: list[PolicyVersion]) -> tuple[PolicyVersion | None, PolicyVersion | None]:
    by_number = {str(one.number): one for one in versions}
    published = [one for one in versions if one.state == State.PUBLISHED]
    after = by_number.get(request.GET.get("after", "")) or (versions[0] if versions else None)
    older = [one for one in published if after and one.number < after.number]
    return by_number.get(request.GET.get("before", "")) or (older[0] if older else None), after


def _known(kind: str) -> None:
    if kind not in kinds.registry():
        raise Http404
