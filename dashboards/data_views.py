"""The data page: how fresh each model is, its runs, and reading it anew."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from cockpit.accounts import grants
from cockpit.accounts.roles import DATA, SETUP
from cockpit.pages.requests import PageRequest
from dashboards import data
from integrations.odoo import resync


@require_safe
@never_cache
def freshness(request: PageRequest) -> HttpResponse:
    _may(request, DATA)
    return render(request, "dashboards/data.html", data.context(at=timezone.now()))


@require_safe
@never_cache
def progress(request: PageRequest) -> HttpResponse:
    """How far reading has come: asked for by the open page."""
    _may(request, DATA)
    return render(request, "dashboards/data.html#progress", data.progress(at=timezone.now()))


@require_safe
@never_cache
def model(request: PageRequest, name: str) -> HttpResponse:
    _may(request, DATA)
    detail = data.detail(name, at=timezone.now())
    if detail is None:
        raise Http404
    context = {
        "detail": detail,
        "may_resync": bool(grants.units_where(request.user, SETUP)),
        "waiting": resync.waiting(name),
    }
    return render(request, "dashboards/data_model.html", context)


@never_cache
def read_anew(request: PageRequest, name: str) -> HttpResponse:
    _may(request, SETUP)
    if request.method == "POST":
        try:
            resync.ask(name, actor=request.user.person, at=timezone.now())
        except resync.UnknownModelError as problem:
            raise Http404 from problem
    return redirect("data_model", name)


def _may(request: PageRequest, capability: str) -> None:
    if not grants.units_where(request.user, capability) or getattr(request.user, "person", None) is None:
        raise Http404
