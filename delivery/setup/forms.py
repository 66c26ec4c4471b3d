"""What the set-up page is sent."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from cockpit.accounts.models import Person, Unit
from delivery.setup import reading


class FirstAdminForm(forms.Form):
    person = forms.ModelChoiceField(Person.objects.none(), label=_("You are"), empty_label=_("Choose yourself"))
    password = forms.CharField(
        label=_("Your password for the cockpit"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("At least 12 characters, and none that many people use. It is not your password of Odoo."),
        strip=False,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["person"].queryset = reading.candidates()  # type: ignore[attr-defined]


class LimitsForm(forms.Form):
    """One amount for each company, in its own currency; an empty one leaves the company out."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.companies = {f"limit_{unit.pk}": unit for unit in reading.companies()}
        for name, unit in self.companies.items():
            self.fields[name] = forms.DecimalField(
                label=_("%(company)s, in %(currency)s") % {"company": unit.name, "currency": unit.currency},
                required=False,
                min_value=Decimal(0),
                max_digits=14,
                decimal_places=2,
                localize=False,
            )

    def limits(self) -> dict[Unit, Decimal]:
        return {
            unit: self.cleaned_data[name]
            for name, unit in self.companies.items()
            if self.cleaned_data.get(name) is not None
        }


def tiers(data: Any) -> list[int]:
    """`rank_<tag>=2` … as tags in the order of their ranks; what is no number is left out."""
    ranked = []
    for name, value in data.items():
        tag = name.removeprefix("rank_")
        if name.startswith("rank_") and tag.isascii() and tag.isdigit() and value.isascii() and value.isdigit():
            ranked.append((int(value), int(tag)))
    return [tag for _rank, tag in sorted(ranked)]
