import re

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from cockpit.accounts.models import Person, Unit
from cockpit.saved_views import services
from cockpit.saved_views.models import SavedView


@require_POST
@never_cache
def save(request: HttpRequest) -> HttpResponse:
    """Keep what the page shows under a name, and go there."""
    person, given, unit_pk = _person(request), request.POST, request.POST.get("unit", "")
    known = Unit.objects.filter(pk=int(unit_pk)) if re.fullmatch(r"[0-9]{1,17}", unit_pk) else Unit.objects.none()
    unit, what = known.first(), {name: given.get(name, "") for name in ("name", "query")}
    try:
        if unit_pk and unit is None:
            raise services.NotSharedError
        kept = services.save(given.get("page", ""), actor=person, unit=unit, at=timezone.now(), **what)
    except services.ViewRefusedError as problem:
        return render(request, "saved_views/refused.html", {"problem": str(problem)}, status=422)
    return redirect(services.address_of(kept))


@require_POST
@never_cache
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    person = _person(request)
    view = get_object_or_404(SavedView.objects.filter(person=person), pk=pk)
    address = services.address_of(view)
    services.remove(view, actor=person, at=timezone.now())
    return redirect(address)


def _person(request: HttpRequest) -> Person:
    person: Person | None = getattr(request.user, "person", None)
    if person is None:
        raise PermissionDenied
    return person
