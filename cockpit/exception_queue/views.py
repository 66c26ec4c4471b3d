"""The exceptions page: what is stuck or must be reviewed, and the act that ends it."""

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from cockpit.accounts.models import Person
from cockpit.exception_queue import closing, reading
from cockpit.exception_queue.models import Case
from cockpit.pages.requests import PageRequest


@require_safe
@never_cache
def exceptions(request: PageRequest) -> HttpResponse:
    return _show(request)


@never_cache
def close(request: PageRequest, pk: int) -> HttpResponse:
    if request.method != "POST":
        return redirect("exceptions")
    case = get_object_or_404(Case.objects.filter(reading.visible_to(request.user)), pk=pk)
    reason = request.POST.get("reason", "")[:4000]
    try:
        closing.close_case(case.pk, actor=_person(request), reason=reason, at=timezone.now())
    except closing.ReasonMissingError as problem:
        return _show(request, status=422, case=case.pk, problem=problem, reason=reason)
    except closing.CaseRefusedError as problem:
        return _show(request, status=409, case=case.pk, problem=problem, reason=reason)
    return redirect("exceptions")


@never_cache
def retry(request: PageRequest, pk: int) -> HttpResponse:
    if request.method != "POST":
        return redirect("exceptions")
    case = get_object_or_404(Case.objects.filter(reading.visible_to(request.user)), pk=pk)
    try:
        closing.retry_case(case.pk, actor=_person(request), at=timezone.now())
    except closing.CaseRefusedError as problem:
        return _show(request, status=409, case=case.pk, problem=problem)
    return redirect("exceptions")


def _person(request: PageRequest) -> Person:
    person = getattr(request.user, "person", None)
    if person is None:
        raise PermissionDenied
    return person


def _show(request: PageRequest, *, status: int = 200, **about: object) -> HttpResponse:
    closed = request.GET.get("tab") == "resolved"
    after = request.GET.get("after", "")
    place = int(after) if after.isascii() and after.isdigit() and len(after) < 7 else None
    listing = reading.listing(request.user, closed=closed, after=place, at=timezone.now())
    listed = any(row.case.pk == about.get("case") for row in listing.rows)
    context = {"listing": listing, "closed": closed, "listed": listed, **about}
    return render(request, "exception_queue/exceptions.html", context, status=status)
