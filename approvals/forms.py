import re
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.utils.timezone import get_current_timezone, localtime
from django.utils.translation import gettext_lazy as _

from approvals.models import Decision

ITEM = re.compile(r"\d{1,18}:\d{1,18}", re.ASCII)


class DecisionForm(forms.Form):
    """Bound to the step and to the snapshot that was on the screen. Who may decide what, the service knows."""

    step = forms.IntegerField(min_value=1, max_value=2**63 - 1)
    snapshot = forms.IntegerField(min_value=1, max_value=2**63 - 1)
    verdict = forms.ChoiceField(
        choices=Decision.Verdict.choices, error_messages={"invalid_choice": _("Choose approve or reject.")}
    )
    for_person = forms.IntegerField(
        required=False, min_value=1, max_value=2**63 - 1
    )  # whose vote; else the service knows
    note = forms.CharField(
        required=False,
        max_length=4000,
        error_messages={"max_length": _("Say it in at most %(limit_value)d characters; it has %(show_value)d.")},
    )

    def clean(self) -> dict:
        cleaned = super().clean() or {}
        rejecting = cleaned.get("verdict") == Decision.Verdict.REJECT
        if rejecting and "note" in cleaned and not cleaned["note"].strip():
            self.add_error("note", _("Say why, so that whoever asked can mend it."))
        return cleaned

    @property
    def typed(self) -> str:
        """What somebody wrote, to be kept when the form comes back."""
        return self.data.get("note", "")[:8000]

    @property
    def reopened(self) -> bool:
        return self.data.get("verdict") == Decision.Verdict.REJECT

    @property
    def spoiled(self) -> bool:
        """Something that no person typed is wrong: the form was cut short or made up."""
        return bool({"step", "snapshot", "verdict", "for_person"} & set(self.errors))


class TogetherForm(forms.Form):
    """One verdict on several steps; each item is "step:snapshot", as it was on the screen."""

    verdict = forms.ChoiceField(choices=Decision.Verdict.choices)
    note = forms.CharField(required=False, max_length=4000)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        given = self.data.getlist("item")  # type: ignore[attr-defined]
        items = [tuple(map(int, one.split(":"))) for one in given if ITEM.fullmatch(one)]
        if not given:
            self.add_error(None, _("Tick at least one of them."))
        elif len(items) != len(given):
            self.add_error(None, _("The form did not arrive whole, so nothing was decided. Decide again."))
        if cleaned.get("verdict") == Decision.Verdict.REJECT and not cleaned.get("note", "").strip():
            self.add_error("note", _("Say why, so that whoever asked can mend it."))
        return {**cleaned, "items": items}


class ShownForm(forms.Form):
    """What is on the screen of somebody who is about to decide."""

    step = forms.IntegerField(min_value=1, max_value=2**63 - 1)
    snapshot = forms.IntegerField(min_value=1, max_value=2**63 - 1)


class SnoozeForm(forms.Form):
    """Until when somebody does not want to see a request; a day begins at nine in the viewer's zone."""

    MORNING = time(9)
    until = forms.ChoiceField(
        choices=[
            ("tomorrow", _("tomorrow, 09:00")),
            ("monday", _("Monday, 09:00")),
            ("date", _("the day")),
            ("change", _("it changes")),
        ],
        error_messages={"required": _("Choose until when."), "invalid_choice": _("Choose until when.")},
    )
    day = forms.DateField(required=False, error_messages={"invalid": _("Write the day as 2026-12-01.")})

    def clean(self) -> dict:
        cleaned = super().clean() or {}
        if cleaned.get("until") == "date" and not cleaned.get("day") and "day" not in self.errors:
            self.add_error("day", _("Choose the day."))
        return cleaned

    def moment(self, now: datetime) -> datetime | None:
        """None: until it changes."""
        today = localtime(now).date()
        chosen = self.cleaned_data["until"]
        if chosen == "change":
            return None
        days = {"tomorrow": today + timedelta(days=1), "monday": today + timedelta(days=7 - today.weekday())}
        return self._morning(days.get(chosen) or self.cleaned_data["day"])

    def _morning(self, day: date) -> datetime:
        return datetime.combine(day, self.MORNING, tzinfo=get_current_timezone())


class CommentForm(forms.Form):
    text = forms.CharField(required=False, max_length=8000, strip=True)
