"""The page of deputies: who decides for me, for whom I decide, what is proposed, and the unit's for its PMO."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from approvals import kinds, services
from approvals.act_forms import PersonField
from approvals.delegations import Delegation
from approvals.models import Request
from approvals.reading import deputies as reading
from cockpit.accounts.models import Person
from cockpit.pages.requests import PageRequest
from cockpit.pages.scope import chosen_units

Given = dict[str, Any]


class DeputyForm(forms.Form):
    """Somebody, from one day to another, within what else is said."""

    error_css_class = "field-error"
    for_whom = PersonField(
        label=gettext_lazy("For whom"),
        required=False,
        help_text=gettext_lazy("Left empty: for you. As PMO you may name somebody of your unit who cannot do it now."),
    )
    deputy = PersonField(
        label=gettext_lazy("Who shall decide?"),
        help_text=gettext_lazy("Every vote stays the one of whom it is for: with a deputy nobody gets a second one."),
    )
    first = forms.DateField(label=gettext_lazy("From"), widget=forms.DateInput(attrs={"type": "date"}))
    last = forms.DateField(
        label=gettext_lazy("To, with that day"),
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=gettext_lazy("It ends by itself, after 90 days at the latest."),
    )
    kinds = forms.MultipleChoiceField(
        label=gettext_lazy("Only for these kinds"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("None chosen: for all of them."),
    )
    limit = forms.DecimalField(
        label=gettext_lazy("Only up to this amount"), required=False, min_value=1, max_digits=14, decimal_places=2
    )
    client = forms.CharField(
        label=gettext_lazy("Only for this client"),
        required=False,
        max_length=200,
        help_text=gettext_lazy("The name as requests show it. Left empty: for every client."),
    )

    def __init__(self, *args: Any, oversees: bool, **more: Any) -> None:
        super().__init__(*args, **more)
        choices = sorted(((key, str(kind.label)) for key, kind in kinds.registry().items()), key=lambda one: one[1])
        self.fields["kinds"].choices = choices  # type: ignore[attr-defined]
        self.fields["limit"].help_text = _("In %(currency)s. Left empty: up to any amount.") % {
            "currency": settings.REPORTING_CURRENCY
        }
        if not oversees:
            del self.fields["for_whom"]

    def clean_client(self) -> int | None:
        name = self.cleaned_data["client"].strip()
        if not name:
            return None
        asked = Request.objects.filter(haystack__icontains=name, client_name__iexact=name, client_odoo_id__isnull=False)
        found = asked.values_list("client_odoo_id", flat=True).first()
        if found is None:
            raise forms.ValidationError(_("No request is about a client “%(name)s”.") % {"name": name})
        return found

    def terms(self, zone: ZoneInfo) -> Given:
        given = self.cleaned_data
        return {
            "start_at": _midnight(given["first"], zone),
            "end_at": _midnight(given["last"] + timedelta(days=1), zone),
            "kinds": given["kinds"],
            "limit": given["limit"],
            "client_odoo_id": given["client"],
        }


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), tzinfo=zone)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def deputies(request: PageRequest) -> HttpResponse:
    """The lists and the form. Named: back to the lists. Not named: the same page says why, with what was typed; 422."""
    person, now = _person(request), timezone.now()
    shown = reading.page(request.user, chosen_units(request), at=now)
    if request.method != "POST":
        today = timezone.localdate(now, ZoneInfo(person.time_zone)).isoformat()
        return _page(request, shown, DeputyForm(oversees=shown.oversees, initial={"first": today}))
    form = DeputyForm(request.POST, oversees=shown.oversees)
    if not form.is_valid():
        return _page(request, shown, form, status=422)
    given = form.cleaned_data
    whom = given.get("for_whom") or person
    try:
        made = services.appoint(whom, given["deputy"], actor=person, at=now, **form.terms(ZoneInfo(whom.time_zone)))
    except services.DeputyRefusedError as problem:
        form.add_error(None, problem.sentence)
        return _page(request, shown, form, status=422)
    named = {"deputy": made.deputy, "person": made.delegator}
    if made.confirmed_at is None:
        words = _("%(person)s is asked to confirm that %(deputy)s decides for them.")
    else:
        words = _("%(deputy)s decides for %(person)s in that time.")
    messages.success(request, words % named)
    return redirect("deputies")


@require_POST
@never_cache
def act(request: PageRequest, pk: int, verb: str) -> HttpResponse:
    """Confirm, decline or end one; 409 with the reason where that cannot be."""
    person, now = _person(request), timezone.now()
    does = {"confirm": services.confirm, "decline": services.decline, "end": services.end_early}.get(verb)
    if does is None:
        raise Http404
    row = get_object_or_404(Delegation.objects.select_related("delegator__unit", "deputy"), pk=pk, request=None)
    if row.deputy != person and not services.may_arrange(person, row.delegator):
        raise Http404
    try:
        does(pk, actor=person, at=now)
    except services.DeputyRefusedError as problem:
        shown = reading.page(request.user, chosen_units(request), at=now)
        return _page(request, shown, DeputyForm(oversees=shown.oversees), status=409, trouble=problem.sentence)
    said = {
        "confirm": _("%(deputy)s decides for %(person)s in that time."),
        "decline": _("Declined: %(deputy)s does not decide for %(person)s."),
        "end": _("%(deputy)s decides no more for %(person)s. What they decided stays decided."),
    }[verb]
    messages.success(request, said % {"deputy": row.deputy, "person": row.delegator})
    return redirect("deputies")


def _page(
    request: PageRequest, shown: reading.Page, form: DeputyForm, *, status: int = 200, trouble: str = ""
) -> HttpResponse:
    names = Person.objects.filter(active=True, user__is_active=True).order_by("name").values_list("name", flat=True)
    context = {"page": shown, "form": form, "trouble": trouble, "colleagues": names[:1000]}
    return render(request, "approvals/deputies.html", context, status=status)


def _person(request: PageRequest) -> Person:
    person = getattr(request.user, "person", None)
    if person is None:
        raise PermissionDenied
    return person


urlpatterns = [
    path("deputies/", deputies, name="deputies"),
    path("deputies/<int:pk>/<slug:verb>/", act, name="deputy_act"),
]
