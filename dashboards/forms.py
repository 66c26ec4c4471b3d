"""Setting a target."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from cockpit.accounts import grants
from cockpit.accounts.models import Person, Unit, User
from cockpit.accounts.roles import TARGETS
from dashboards.models import Target


def units_of(user: User) -> set[int]:
    """The units for which somebody may set targets."""
    return grants.units_where(user, TARGETS)


def known_targets(user: User) -> QuerySet[Target]:
    """Of those units, the latest first. Two queries."""
    rows = Target.objects.filter(unit_id__in=units_of(user))
    return rows.select_related("unit", "owner").order_by("unit__path", "-since", "-pk")


class TargetForm(forms.Form):
    unit = forms.ModelChoiceField(Unit.objects.none(), label=_("Unit"), empty_label=None)
    percent = forms.DecimalField(
        label=_("Billable utilization, in per cent"), min_value=0, max_value=150, decimal_places=2, max_digits=5
    )
    since = forms.DateField(label=_("From"), widget=forms.DateInput(attrs={"type": "date"}), initial=date.today)
    owner = forms.ModelChoiceField(Person.objects.none(), label=_("Who answers for it"), empty_label=None)

    def __init__(self, user: User, data: Any = None):
        super().__init__(data)
        units = units_of(user)
        self.fields["unit"].queryset = Unit.objects.filter(pk__in=units, active=True).order_by("path")  # type: ignore[attr-defined]
        people = Person.objects.filter(active=True, unit_id__in=units).order_by("name")
        self.fields["owner"].queryset = people  # type: ignore[attr-defined]
        for field in self.fields.values():
            field.widget.attrs.setdefault("class", "input")
