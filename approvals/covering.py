"""Pages of who can decide in the next two weeks: the table, and the line above the queue."""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from approvals.reading import covered
from cockpit.accounts.grants import units_where
from cockpit.accounts.roles import VIEW
from cockpit.pages.requests import PageRequest
from cockpit.pages.scope import chosen_units


@require_safe
@never_cache
def coverage(request: PageRequest) -> HttpResponse:
    rows = _rows(request)
    return render(request, "approvals/coverage.html", {"rows": rows, "days": rows[0].days if rows else []})


@require_safe
@never_cache
def line(request: PageRequest) -> HttpResponse:
    """For the queue, which reads it once it is shown."""
    warnings = covered.warnings(_rows(request), timezone.now())
    return render(request, "approvals/coverage.html#line", {"warnings": warnings})


def _rows(request: PageRequest) -> list[covered.Row]:
    units = units_where(request.user, VIEW)
    if (chosen := chosen_units(request)) is not None:
        units &= set(chosen)
    return covered.forecast(units, timezone.now())


urlpatterns = [
    path("coverage/", coverage, name="coverage"),
    path("coverage/line/", line, name="coverage_line"),
]
