"""Several requests decided at once: what was ticked is looked at together, then each is decided by itself."""

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache

from approvals import services
from approvals.forms import TogetherForm
from approvals.models import Request
from approvals.reading import together
from approvals.views import address_of
from cockpit.pages.requests import PageRequest

LONGEST_ID = 18


@never_cache
def bulk(request: PageRequest) -> HttpResponse:
    """GET: the sum, what stands out, what is left out. POST: each decided, and what became of it."""
    if request.method == "POST":
        return _decide(request)
    if request.method != "GET":
        return redirect("queue")
    return _ask(request, _picked(request))


def _ask(request: PageRequest, picked: list[int], form: TogetherForm | None = None) -> HttpResponse:
    batch = together.read(picked, request.user, timezone.now())
    context = {"batch": batch, "query": address_of(request).query(decided=None), "form": form, "picked": picked}
    return render(request, "approvals/bulk.html", context, status=422 if form else 200)


def _decide(request: PageRequest) -> HttpResponse:
    person = getattr(request.user, "person", None)
    if person is None:
        raise PermissionDenied
    form = TogetherForm(request.POST)
    if not form.is_valid():
        return _ask(request, _picked(request), form)
    given = form.cleaned_data
    visible = Request.objects.visible_to(request.user)
    wanted = [(step, shot) for step, shot in given["items"] if visible.filter(rounds__steps=step).exists()]
    results = services.decide_together(
        wanted, actor=person, verdict=given["verdict"], note=given["note"], at=timezone.now()
    )
    done = sum(not one.problem for one in results)
    context = {
        "results": results,
        "done": done,
        "verdict": given["verdict"],
        "query": address_of(request).query(decided=None),
    }
    return render(request, "approvals/bulk_done.html", context)


def _picked(request: PageRequest) -> list[int]:
    """What was ticked; what is no number is none."""
    given = [*request.GET.getlist("pick"), *request.POST.getlist("pick")]
    return [int(one) for one in given if one.isascii() and one.isdigit() and len(one) <= LONGEST_ID]
