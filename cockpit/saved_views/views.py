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
    person, given = _person(request), request.POST
    unit_pk = given.get("unit", "")
    unit = get_object_or_404(Unit, pk=int(unit_pk)) if unit_pk.isascii() and unit_pk.isdigit() else None
    now = timezone.now()
    try:
        kept = services.save(
            given.get("page", ""),
            actor=person,
            name=given.get("name", ""),
            query=given.get("query", ""),
            unit=unit,
            at=now,
        )
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
