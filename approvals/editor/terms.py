"""The form for what holds of a version as a whole: how far it binds, from when on, and why."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from approvals.models import Policy, PolicyVersion
from cockpit.accounts.models import Person


class TermsForm(forms.Form):
    mode = forms.ChoiceField(choices=Policy.Mode.choices, label=_("How far it binds"))
    effective_at = forms.DateTimeField(
        required=False,
        label=_("In force from"),
        help_text=_("Empty: as soon as a second person has agreed."),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
    )
    why = forms.CharField(
        required=False,
        max_length=400,
        label=_("Why"),
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Whoever decides on it reads this."),
    )
    bulk_below = forms.DecimalField(
        required=False,
        min_value=0,
        max_digits=17,
        decimal_places=2,
        label=_("Several at once up to"),
        help_text=_("Each, in the reporting currency. Empty: what the kind says; 0: always one by one."),
    )
    revision = forms.IntegerField(widget=forms.HiddenInput, min_value=0)

    @classmethod
    def of(cls, version: PolicyVersion) -> TermsForm:
        begins: datetime | None = localtime(version.effective_at) if version.effective_at else None
        initial: dict[str, Any] = {
            "mode": version.mode,
            "effective_at": begins,
            "why": version.why,
            "bulk_below": version.bulk_below,
            "revision": version.revision,
        }
        return cls(initial=initial)


class FileForm(forms.Form):
    file = forms.FileField(label=_("Policy file (YAML)"), max_length=200)
    revision = forms.IntegerField(widget=forms.HiddenInput, min_value=0)

    def clean_file(self) -> str:
        given = self.cleaned_data["file"]
        if given.size > 2**20:
            raise forms.ValidationError(_("This file is too large for a policy: 1 MB at most."))
        try:
            text: str = given.read().decode()
        except UnicodeDecodeError:
            raise forms.ValidationError(_("This file is not text in UTF-8.")) from None
        return text


class OwnerForm(forms.Form):
    owner = forms.ModelChoiceField(
        Person.objects.filter(active=True).order_by("name"),
        required=False,
        label=_("Who answers for it"),
        empty_label="—",
    )
