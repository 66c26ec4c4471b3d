"""The exceptions: the list, the case beside it, and the acts. A view fetches, makes one service call and shows it."""

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseBadRequest
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from cockpit.exception_queue import acting
from cockpit.exception_queue.acts import CaseRefusedError, EndMissingError, NoSuchCaseError, ReasonMissingError
from cockpit.exception_queue.forms import UNTIL
from cockpit.exception_queue.models import Case
from cockpit.exception_queue.reading import casepage, screen, toasts
from cockpit.exception_queue.reading.address import Address, CursorError, Tab
from cockpit.exception_queue.reading.seen import visible_to
from cockpit.pages.requests import PageRequest
from cockpit.pages.scope import chosen_units

IN_THE_FORM = (EndMissingError, NoSuchCaseError, ReasonMissingError)


@require_safe
@never_cache
def exceptions(request: PageRequest) -> HttpResponse:
    """The list, and beside it what is first in it."""
    return _show(request, None)


@require_safe
@never_cache
def case_page(request: PageRequest, pk: int) -> HttpResponse:
    return _show(request, pk)


@never_cache
def act(request: PageRequest, pk: int, verb: str) -> HttpResponse:
    """Done: the case as it is now, or the next one. Not taken: the same page says why; 422 for the form, 409 else."""
    if request.method != "POST":
        return redirect("case", pk=pk)
    case = get_object_or_404(Case.objects.filter(visible_to(request.user)).select_related("unit"), pk=pk)
    if getattr(request.user, "person", None) is None:
        raise PermissionDenied
    now = timezone.now()
    try:
        acting.perform(verb, case, request.user, request.POST, at=now)
    except IN_THE_FORM as problem:
        return _show(request, pk, status=422, problem=problem, verb=verb)
    except CaseRefusedError as problem:
        return _show(request, pk, status=409, problem=problem, verb=verb)
    address = Address.read(request.GET)
    goes_to = screen.following(request.user, pk, address, chosen_units(request), at=now)
    stays = verb not in acting.LEAVES or goes_to is None
    tab = Tab.RESOLVED if verb == "close" and stays else address.tab
    query = address.query(tab=tab)
    done = "" if verb == "undo" else f"{(query and '&') or '?'}did={pk}"
    return redirect(f"{reverse('case', args=[pk if stays else goes_to])}{query}{done}")


@never_cache
def bulk(request: PageRequest) -> HttpResponse:
    """One act on every case that was ticked; the page says what became of each."""
    verb = request.POST.get("act", "")
    if request.method != "POST" or verb not in acting.IN_BULK:
        return redirect("exceptions")
    if getattr(request.user, "person", None) is None:
        raise PermissionDenied
    results = acting.perform_all(verb, request.user, request.POST, at=timezone.now())
    return _show(request, None, results=results, verb=verb)


def _show(request: PageRequest, pk: int | None, *, status: int = 200, **about: object) -> HttpResponse:
    """The whole page, or the part of it that htmx replaces."""
    part, address, now = _part(request), Address.read(request.GET), timezone.now()
    context = {"until": UNTIL, "query": address.query(), "given": request.POST, **about}
    try:
        if part == "#detail" and pk is not None:
            shown = casepage.read(pk, request.user, at=now)
            return render(request, "exception_queue/exceptions.html#detail", {"page": shown, **context})
        if part == "#toast":
            told = toasts.read(request.GET.get("did", ""), request.user, at=now)
            return render(request, "exception_queue/exceptions.html#toast", {"toast": told, **context})
        found = screen.read(request.user, pk, address, chosen_units(request), at=now)
    except Case.DoesNotExist:
        raise Http404 from None
    except CursorError as problem:
        return HttpResponseBadRequest(str(problem))
    toast = toasts.read(request.GET.get("did", ""), request.user, at=now)
    context |= {"screen": found, "page": found.page, "query": found.query, "toast": toast}
    response = render(request, f"exception_queue/exceptions.html{part}", context, status=status)
    if status != 200 and pk is not None:
        response["HX-Replace-Url"] = reverse("case", args=[pk]) + found.query
    return response


def _part(request: PageRequest) -> str:
    """Which part of the page was asked for, by the id of what it replaces."""
    if not request.htmx or request.htmx.history_restore_request:
        return ""
    return {"request": "#detail", "main": "#main", "more": "#rows", "toast": "#toast"}.get(
        request.htmx.target or "", ""
    )
