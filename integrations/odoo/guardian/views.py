"""The page about the connection to Odoo: what was found, looking again, and changing the key."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_POST, require_safe

from cockpit.accounts import grants
from cockpit.accounts.models import Person
from cockpit.accounts.roles import DATA, SETUP
from cockpit.pages.requests import PageRequest
from integrations.odoo import credentials
from integrations.odoo.guardian import page, services
from integrations.odoo.push import connection


class KeyForm(forms.Form):
    """The key is never sent back to the browser."""

    key = forms.CharField(
        label=gettext_lazy("New API key"),
        max_length=500,
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )


@require_safe
@never_cache
def show(request: PageRequest) -> HttpResponse:
    if not any(grants.units_where(request.user, each) for each in (DATA, SETUP)):
        raise Http404
    return _page(request, "guardian/page.html", page.context(at=timezone.now()))


@require_POST
def look(request: PageRequest) -> HttpResponse:
    services.ask(actor=_admin(request), at=timezone.now())
    messages.success(request, _("It is looked at now. Load this page again in a moment."))
    return redirect("odoo_connection")


@never_cache
@sensitive_post_parameters("key")
@sensitive_variables("form")
def key(request: PageRequest) -> HttpResponse:
    actor, form = _admin(request), KeyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            credentials.replace_key(form.cleaned_data["key"], actor=actor, at=timezone.now())
        except credentials.KeyRefusedError as problem:
            form.add_error("key", str(problem))
        else:
            connection.forget()
            services.ask(actor=actor, at=timezone.now())
            messages.success(
                request, _("Odoo accepts the new key. It is used from now on; take the old one away in Odoo.")
            )
            return redirect("odoo_connection")
    context = {"form": form, "current": credentials.current(), **page.context(at=timezone.now())}
    return _page(request, "guardian/key.html", context, status=422 if form.errors else 200)


@require_POST
def forget(request: PageRequest) -> HttpResponse:
    actor = _admin(request)
    if credentials.forget_key(actor=actor, at=timezone.now()):
        connection.forget()
        services.ask(actor=actor, at=timezone.now())
        messages.success(request, _("The environment’s key counts again."))
    return redirect("odoo_connection")


def _page(request: PageRequest, template: str, context: dict[str, object], *, status: int = 200) -> HttpResponse:
    may_change = bool(grants.units_where(request.user, SETUP)) and getattr(request.user, "person", None) is not None
    return render(request, template, {**context, "may_change": may_change}, status=status)


def _admin(request: PageRequest) -> Person:
    person = getattr(request.user, "person", None)
    if person is None or not grants.units_where(request.user, SETUP):
        raise Http404
    return person
