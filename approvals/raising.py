"""Pages on which somebody asks: the kinds that can be asked by form, and the form that a kind's facts make."""

from dataclasses import dataclass
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
from approvals.editor.access import may_write
from approvals.kinds import Fact, FactType, Kind
from approvals.models import Policy
from cockpit.accounts.models import Person, Unit
from cockpit.pages.requests import PageRequest

LONGEST = 2000
DRAFTS = "ask_drafts"  # in the session: by kind, what was typed and not asked yet


@dataclass(frozen=True)
class Offered:
    kind: Kind
    needs: str  # "Amount, Client, Reason"
    draft: bool  # something was begun


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
    missing = {"required": _("%(what)s is missing.") % {"what": fact.label}}
    common: dict[str, Any] = {"label": fact.label, "required": required, "error_messages": missing}
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
    drafts = request.session.get(DRAFTS, {})
    offered = [Offered(kind, _needs(kind), kind.key in drafts) for kind in askable()]
    return render(request, "approvals/ask_kinds.html", {"offered": offered, "may_write": may_write(request.user)})


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def ask_for(request: PageRequest, kind: str) -> HttpResponse:
    """Asked: on to the request. Not asked: the same page says why, with what was typed, which is kept; 422."""
    person = _person(request)
    wanted = next((each for each in askable() if each.key == kind), None)
    if wanted is None:
        raise Http404
    if request.method != "POST":
        draft = request.session.get(DRAFTS, {}).get(kind)
        form = AskForm(kind=wanted, person=person, initial=draft or {"token": uuid4()})
        return _page(request, wanted, form, draft=draft is not None)
    form = AskForm(request.POST, kind=wanted, person=person)
    if what := next((name for name in ("keep", "discard") if name in request.POST), ""):
        _keep(request, wanted, form if what == "keep" else None)
        return redirect("ask_kinds")
    return _ask(request, wanted, form, person)


def _ask(request: PageRequest, kind: Kind, form: AskForm, person: Person) -> HttpResponse:
    if form.is_valid():
        unit, token = form.cleaned_data["unit"], form.cleaned_data["token"]
        given, now = form.given(), timezone.now()
        try:
            asked = services.ask_by_form(kind.key, unit=unit, given=given, token=token, actor=person, at=now)
        except services.AskRefusedError as problem:
            form.add_error(None, str(problem.sentence))
        else:
            _keep(request, kind, None)
            return redirect("request", pk=asked.pk)
    _keep(request, kind, form)
    return _page(request, kind, form, status=422)


def _keep(request: PageRequest, kind: Kind, form: AskForm | None) -> None:
    """The draft of a kind, with the session of who writes it: it goes when they sign out. None: throw it away."""
    drafts = {key: kept for key, kept in request.session.get(DRAFTS, {}).items() if key != kind.key}
    if form is not None:
        drafts[kind.key] = {name: form.data.get(name, "")[:LONGEST] for name in form.fields}
    if drafts or DRAFTS in request.session:
        request.session[DRAFTS] = drafts


def _needs(kind: Kind) -> str:
    """What one has to know to ask for it."""
    return _(", ").join(str(kind.fact(key).label) for key in kind.needed)


def _page(request: PageRequest, kind: Kind, form: AskForm, *, status: int = 200, draft: bool = False) -> HttpResponse:
    context = {"kind": kind, "form": form, "draft": draft or status != 200}
    return render(request, "approvals/ask_for.html", context, status=status)


def _person(request: PageRequest) -> Person:
    person = getattr(request.user, "person", None)
    if person is None:
        raise PermissionDenied
    return person


urlpatterns = [path("ask/", overview, name="ask_kinds"), path("ask/<slug:kind>/", ask_for, name="ask_for")]
