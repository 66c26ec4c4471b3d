"""The page on which people make, see and revoke the tokens of their programs."""

from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from cockpit.accounts.models import Person
from cockpit.api import services
from cockpit.api.models import Scope, Token
from cockpit.pages.requests import PageRequest


class TokenForm(forms.Form):
    name = forms.CharField(max_length=60, label=_("What will use it"))
    scopes = forms.MultipleChoiceField(
        choices=Scope.choices, widget=forms.CheckboxSelectMultiple, label=_("What it may do"), initial=[Scope.READ]
    )
    days = forms.IntegerField(min_value=1, max_value=services.LONGEST_DAYS, initial=90, label=_("For how many days"))


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def tokens(request: PageRequest) -> HttpResponse:
    """Made: its key stands in this answer and nowhere else. Not made: the form says why; 422."""
    person = _person(request)
    if request.method != "POST":
        return _page(request, person, TokenForm())
    form = TokenForm(request.POST)
    if not form.is_valid():
        return _page(request, person, form, status=422)
    try:
        issued = services.issue(actor=person, at=timezone.now(), **form.cleaned_data)
    except services.TokenRefusedError as problem:
        form.add_error(None, str(problem))
        return _page(request, person, form, status=422)
    return _page(request, person, TokenForm(), issued=issued)


@require_POST
@never_cache
def revoke(request: PageRequest, pk: int) -> HttpResponse:
    try:
        services.revoke(pk, actor=_person(request), at=timezone.now())
    except Token.DoesNotExist:
        raise Http404 from None
    return redirect("tokens")


def _page(request: PageRequest, person: Person, form: TokenForm, *, status: int = 200, **more: Any) -> HttpResponse:
    now = timezone.now()
    rows = [(token, token.is_good(now)) for token in Token.objects.filter(person=person)[:100]]
    context = {
        "form": form,
        "rows": rows,
        "address": request.build_absolute_uri("/api/v1/"),
        "describes": "/api/v1/openapi.json",
        **more,
    }
    return render(request, "api/tokens.html", context, status=status)


def _person(request: PageRequest) -> Person:
    person = getattr(request.user, "person", None)
    if person is None:
        raise PermissionDenied
    return person
