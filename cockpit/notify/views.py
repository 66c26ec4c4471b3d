"""The page on which people say how they want to be told."""

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from cockpit.notify import delivered, services
from cockpit.notify.models import Preference
from cockpit.pages.requests import PageRequest

SHOWN = 20


class PreferenceForm(forms.ModelForm):
    language = forms.ChoiceField(label=gettext_lazy("Language of the mails"))

    class Meta:
        model = Preference
        fields = ("rhythm", "quiet", "quiet_from", "quiet_to", "language")
        labels = {
            "rhythm": gettext_lazy("Mails come"),
            "quiet": gettext_lazy("Keep quiet"),
            "quiet_from": gettext_lazy("Quiet from"),
            "quiet_to": gettext_lazy("Quiet to"),
        }
        help_texts = {"quiet": gettext_lazy("What comes meanwhile waits, and is one mail afterwards.")}
        widgets = {
            "quiet_from": forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
            "quiet_to": forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["language"].choices = settings.LANGUAGES  # type: ignore[attr-defined]


@never_cache
def preferences(request: PageRequest) -> HttpResponse:
    """How I am told, and what I was told last."""
    person = getattr(request.user, "person", None)
    if person is None:
        raise PermissionDenied
    kept = services.preference_of(person)
    kept.language = kept.language or get_language() or settings.LANGUAGE_CODE
    form = PreferenceForm(request.POST or None, instance=kept)
    if request.method == "POST" and form.is_valid():
        services.prefer(form.save(commit=False), at=timezone.now())
        messages.success(request, _("Kept. It holds from now on, also for what waits to be told."))
        return redirect("notices")
    told = delivered.lately(request.user, at=timezone.now(), most=SHOWN)
    context = {"form": form, "told": told, "address": services.address_of(person), "zone": person.time_zone}
    return render(request, "notify/preferences.html", context, status=422 if form.errors else 200)
