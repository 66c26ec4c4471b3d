"""Pages on which somebody asks: the kinds that can be asked by form, and the form that a kind's facts make."""

from typing import Any
from uuid import uuid4

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from approvals import kinds, services
from approvals.kinds import Fact, FactType, Kind
from approvals.models import Policy
from cockpit.accounts.models import Person, Unit
from cockpit.pages.requests import PageRequest

LONGEST = 2000


class AskForm(forms.Form):
    """One field for each fact of the kind's form. `token` makes a double click one request."""

    error_css_class = "field-error"
    token = forms.UUIDField(widget=forms.HiddenInput)
    unit = forms.ModelChoiceField(Unit.objects.none(), label=gettext_lazy("Unit"), empty_label=None)

    def __init__(self, *args: Any, kind: Kind, person: Person, **more: Any) -> None:
        super().__init__(*args, **more)
        units = units_of(person)
        self.fields["unit"] = forms.ModelChoiceField(units, label=_("Unit"), empty_label=None, initial=person.unit_id)
        for key in kind.form:
            self.fields[key] = _field(kind.fact(key), required=key in kind.needed)

    def given(self) -> dict[str, Any]:
        return {key: value for key, value in self.cleaned_data.items() if key not in ("token", "unit")}


def units_of(person: Person) -> Any:
    """The unit that somebody works in, and those above it: whose policies are theirs."""
    above = person.unit.ancestor_ids if person.unit else []
    return Unit.objects.filter(pk__in=above, active=True).order_by("path")


def _field(fact: Fact, *, required: bool) -> forms.Field:
    common: dict[str, Any] = {"label": fact.label, "required": required}
    match fact.type:
        case FactType.MONEY:
            hint = _("In the currency of the unit's company.")
            return forms.DecimalField(min_value=0, max_digits=14, decimal_places=2, help_text=hint, **common)
        case FactType.NUMBER:
            return forms.DecimalField(max_digits=14, decimal_places=4, **common)
        case FactType.DATE:
            return forms.DateField(widget=forms.DateInput(attrs={"type": "date"}), **common)
        case FactType.PERSON:
            return forms.ModelChoiceField(Person.objects.filter(active=True).order_by("name"), **common)
        case FactType.TEXT if fact.key in ("reason", "terms", "scope", "why"):
            return forms.CharField(max_length=LONGEST, widget=forms.Textarea(attrs={"rows": 4}), **common)
    return forms.CharField(max_length=200, **common)


def askable() -> list[Kind]:
    """What a policy asks about, and a person can write down."""
    ruled = set(Policy.objects.exclude(mode=Policy.Mode.OFF).values_list("kind", flat=True))
    found = [kind for kind in kinds.registry().values() if kind.form and kind.key in ruled]
    return sorted(found, key=lambda kind: str(kind.label))


@require_safe
@never_cache
def overview(request: PageRequest) -> HttpResponse:
    _person(request)
    return render(request, "approvals/ask_kinds.html", {"kinds": askable()})


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def ask_for(request: PageRequest, kind: str) -> HttpResponse:
    """Asked: on to the request. Not asked: the same page says why, with what was typed; 422."""
    person = _person(request)
    wanted = next((each for each in askable() if each.key == kind), None)
    if wanted is None:
        raise Http404
    if request.method != "POST":
        form = AskForm(kind=wanted, person=person, initial={"token": uuid4()})
        return _page(request, wanted, form)
    form = AskForm(request.POST, kind=wanted, person=person)
    if not form.is_valid():
        return _page(request, wanted, form, status=422)
    unit, token = form.cleaned_data["unit"], form.cleaned_data["token"]
    try:
        asked = services.ask_by_form(kind, unit=unit, given=form.given(), token=token, actor=person, at=timezone.now())
    except services.AskRefusedError as problem:
        form.add_error(None, str(problem.sentence))
        return _page(request, wanted, form, status=422)
    return redirect("request", pk=asked.pk)


def _page(request: PageRequest, kind: Kind, form: AskForm, *, status: int = 200) -> HttpResponse:
    return render(request, "approvals/ask_for.html", {"kind": kind, "form": form}, status=status)


def _person(request: PageRequest) -> Person:
    person = getattr(request.user, "person", None)
    if person is None:
        raise PermissionDenied
    return person


urlpatterns = [path("ask/", overview, name="ask_kinds"), path("ask/<slug:kind>/", ask_for, name="ask_for")]
