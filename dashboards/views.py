"""The utilization page and the rows behind it."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from cockpit.accounts import grants
from cockpit.accounts.models import Person
from cockpit.accounts.roles import CASES
from cockpit.pages.requests import PageRequest
from cockpit.pages.scope import chosen_units
from dashboards import downloads, drill, filters, forms, reading, targets
from dashboards.models import Rollup
from dashboards.page import kept_page
from dashboards.scope import Scope, scope_of
from dashboards.standing import standing


@require_safe
@never_cache
def utilization(request: PageRequest) -> HttpResponse:
    rollup, scope, chosen = _asked(request)
    context = {
        "page": kept_page(rollup, scope, chosen),
        "standing": standing(rollup, timezone.now()),
        "may_set": bool(forms.units_of(request.user)),
        "sees_cases": bool(grants.units_where(request.user, CASES)),
    }
    return render(request, "dashboards/utilization.html", context)


@require_safe
@never_cache
def rows(request: PageRequest) -> HttpResponse:
    """The timesheets behind a mark, and the capacity that they are divided by."""
    rollup, scope, chosen = _asked(request)
    context = {"page": drill.page(rollup, scope, chosen), "standing": standing(rollup, timezone.now())}
    return render(request, "dashboards/rows.html", context)


@require_safe
@never_cache
def csv(request: PageRequest, part: str) -> HttpResponse:
    if part not in downloads.PARTS:
        raise Http404
    rollup, scope, chosen = _asked(request)
    return downloads.response(part, rollup, scope, chosen, actor=_person(request), at=timezone.now())


@never_cache
def set_target(request: PageRequest) -> HttpResponse:
    form = forms.TargetForm(request.user, request.POST if request.method == "POST" else None)
    if not form.fields["unit"].queryset.exists():  # type: ignore[attr-defined]
        raise Http404
    if request.method == "POST" and form.is_valid():
        targets.set_target(**form.cleaned_data, actor=_person(request), at=timezone.now())
        return redirect("utilization_targets")
    context = {"form": form, "known": forms.known_targets(request.user)}
    return render(request, "dashboards/targets.html", context, status=422 if form.errors else 200)


def _asked(request: PageRequest) -> tuple[Rollup, Scope, filters.Filters]:
    """Raises Http404 for a unit or a person that is not to be seen, as for one that is not there."""
    rollup, scope = reading.state(), scope_of(request.user, chosen_units(request))
    asked = filters.read(request.GET, last=rollup.last or timezone.now().date())
    if not scope.sees(asked.unit, asked.person):
        raise Http404
    return rollup, scope, asked


def _person(request: PageRequest) -> Person:
    person = getattr(request.user, "person", None)
    if person is None:
        raise PermissionDenied
    return person
