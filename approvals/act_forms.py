"""Forms of what people do with a step beside deciding it: ask back, take on, pass on, ask somebody more, withdraw."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from approvals.kinds import Fact, FactType
from approvals.models import Question, Request, Step
from approvals.reading.filters import plain
from cockpit.accounts.models import Person

LONGEST = 8000  # the services say what is too long, so that nothing typed is lost here
COLLEAGUES = "colleagues"  # the list of names that the page suggests
NAMED_TYPES = (FactType.MONEY, FactType.NUMBER, FactType.TEXT, FactType.CHOICE, FactType.DATE)
Text = str | Promise


class PersonField(forms.CharField):
    """Somebody by full name, by an only first name, or by e-mail address."""

    def __init__(self, **more: Any) -> None:
        widget = forms.TextInput(attrs={"class": "input", "list": COLLEAGUES, "autocomplete": "off"})
        super().__init__(max_length=200, widget=widget, **more)

    def clean(self, value: Any) -> Person | None:
        text = super().clean(value)
        return _person(text) if text else None


def _person(text: str) -> Person:
    active = Person.objects.filter(active=True).select_related("user").order_by("pk")
    for found in (
        list(active.filter(email__iexact=text)[:2]),
        list(active.filter(name__iexact=text)[:2]),
        list(active.filter(name__istartswith=f"{text} ")[:2]),
    ):
        if len(found) == 1:
            return found[0]
        if found:
            raise forms.ValidationError(
                _("“%(name)s” could be several people: write the full name or the e-mail address.") % {"name": text}
            )
    raise forms.ValidationError(_("Nobody here is called “%(name)s”.") % {"name": text})


def words(label: Any, rows: int = 2, **more: Any) -> forms.CharField:
    """A few sentences."""
    keys = {"class": "input", "rows": rows, "aria-keyshortcuts": "Control+Enter Meta+Enter"}
    return forms.CharField(label=label, max_length=LONGEST, widget=forms.Textarea(attrs=keys), **more)


def hidden_id() -> forms.IntegerField:
    return forms.IntegerField(min_value=1, max_value=2**63 - 1, widget=forms.HiddenInput)


class ActForm(forms.Form):
    """Of one request. `foreign`: the step or question that it names is not of this request."""

    def __init__(self, data: Any = None, *, asked: Request, verb: str, initial: Any = None) -> None:
        super().__init__(data, initial=initial, auto_id=f"{verb}-%s", label_suffix="")
        self.asked, self.verb = asked, verb

    @property
    def foreign(self) -> bool:
        step, question = self.cleaned_data.get("step"), self.cleaned_data.get("question")
        if step and not Step.objects.filter(pk=step, round__request=self.asked).exists():
            return True
        return bool(question and not Question.objects.filter(pk=question, request=self.asked).exists())

    @property
    def typed(self) -> str:
        """What somebody wrote, to be shown where the form itself is not offered any more."""
        names = [name for name in ("text", "reason", "note") if name in self.fields]
        return " ".join(self.data.get(name, "")[:LONGEST] for name in names).strip()

    @property
    def spoiled(self) -> bool:
        """Something that no person typed is wrong: the form was cut short or made up."""
        return bool({"step", "question"} & set(self.errors))


class StepForm(ActForm):
    step = hidden_id()


class QuestionForm(ActForm):
    question = hidden_id()


class AskBackForm(StepForm):
    text = words(gettext_lazy("What do you want to know?"), rows=3)
    of = PersonField(
        label=gettext_lazy("Whom do you ask?"),
        required=False,
        help_text=gettext_lazy("Left empty: who asked for it."),
    )
    fact = forms.ChoiceField(label=gettext_lazy("Would you agree to another value?"), required=False)
    value = forms.CharField(
        label=gettext_lazy("Which value"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"class": "input"}),
    )

    def __init__(self, data: Any = None, *, asked: Request, verb: str, initial: Any = None) -> None:
        super().__init__(data, asked=asked, verb=verb, initial=initial)
        facts = {each.key: each for each in asked.kind.facts if each.shown and each.type in NAMED_TYPES}
        self.facts = facts
        labels = [(key, str(fact.label)) for key, fact in facts.items()]
        self.fields["fact"].choices = [("", _("nothing proposed")), *labels]  # type: ignore[attr-defined]
        if not facts:
            del self.fields["fact"], self.fields["value"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        fact, value = cleaned.get("fact", ""), cleaned.get("value", "")
        if bool(fact) != bool(value) and "fact" not in self.errors:
            self.add_error("value", _("To propose another value, choose what and write how much."))
        elif fact:
            current = self.asked.snapshot.facts.get(fact) if self.asked.snapshot else None
            cleaned["value"] = self._written(self.facts[fact], value, current)
        return cleaned

    def _written(self, fact: Fact, value: str, current: Any) -> Any:
        """The value as a snapshot writes it; what it cannot be is an error of the field."""
        if fact.type in {FactType.MONEY, FactType.NUMBER}:
            sign = "-" if value.startswith(("-", "−")) else ""
            number = plain(value.lstrip("-−").strip(" €$£%"))
            if not number:
                self.add_error("value", _("Write a number, such as 1,250.00."))
                return None
            if fact.type == FactType.NUMBER:
                return f"{sign}{number}"
            currency = (current or {}).get("currency") or self.asked.currency
            return {"amount": f"{sign}{Decimal(number):.2f}", "currency": currency}
        if fact.type == FactType.DATE:
            try:
                return date.fromisoformat(value).isoformat()
            except ValueError:
                self.add_error("value", _("Write the day as 2026-12-01."))
                return None
        return value


class AnswerForm(QuestionForm):
    text = words(gettext_lazy("Your answer"), rows=3, required=False)
    accepted = forms.TypedChoiceField(
        label=gettext_lazy("The change that is proposed"),
        choices=[("yes", gettext_lazy("I agree to it")), ("no", gettext_lazy("I do not agree"))],
        coerce=lambda text: text == "yes",
        empty_value=None,
        required=False,
        widget=forms.RadioSelect,
    )

    def __init__(self, data: Any = None, *, asked: Request, verb: str, initial: Any = None) -> None:
        super().__init__(data, asked=asked, verb=verb, initial=initial)
        pk = str(initial["question"] if initial else (data or {}).get("question", ""))
        proposed = pk.isdigit() and len(pk) < 18 and asked.questions.filter(pk=pk).exclude(fact="").exists()
        if not proposed:
            del self.fields["accepted"]


class ClaimForm(StepForm):
    take_over = forms.BooleanField(required=False, widget=forms.HiddenInput)


class HandOnForm(StepForm):
    to = PersonField(
        label=gettext_lazy("Who shall decide it for you?"),
        help_text=gettext_lazy("For this request alone. It stays your vote, and you can still decide it yourself."),
    )


class ReassignForm(StepForm):
    to = PersonField(
        label=gettext_lazy("Who shall decide it instead?"),
        help_text=gettext_lazy("Somebody who holds the same role. Nobody else can decide this step then."),
    )
    reason = words(gettext_lazy("Why?"))


class AddApproverForm(StepForm):
    person = PersonField(
        label=gettext_lazy("Who must agree as well?"),
        help_text=gettext_lazy("They get a step of their own beside yours, with the same time."),
    )
    reason = words(gettext_lazy("Why?"))


class ConsultForm(StepForm):
    person = PersonField(
        label=gettext_lazy("Whose view do you want?"),
        help_text=gettext_lazy("They see the request and can comment. They get no vote, and the clock goes on."),
    )
    text = words(gettext_lazy("What do you want to know from them?"))


class WithdrawForm(ActForm):
    note = words(
        gettext_lazy("Why do you withdraw it?"),
        required=False,
        help_text=gettext_lazy("Nobody is asked any more. Whoever was asked reads this."),
    )


@dataclass(frozen=True)
class Verb:
    """`label` opens its panel, `button` does it; without a panel one button does. `rare`: behind "More…"."""

    name: str
    form: type[ActForm]
    label: Text
    button: Text
    key: str = ""
    rare: bool = False
    panel: bool = True


VERBS = {
    verb.name: verb
    for verb in (
        Verb("answer", AnswerForm, gettext_lazy("Answer…"), gettext_lazy("Answer"), "q"),
        Verb("take_back", QuestionForm, gettext_lazy("Take the question back"), "", "q", panel=False),
        Verb("ask_back", AskBackForm, gettext_lazy("Ask…"), gettext_lazy("Ask"), "q"),
        Verb("hand_on", HandOnForm, gettext_lazy("Delegate…"), gettext_lazy("Delegate this one"), "d"),
        Verb("claim", ClaimForm, gettext_lazy("Take on"), "", "c", panel=False),
        Verb("release", StepForm, gettext_lazy("Give back"), "", "c", panel=False),
        Verb("consult", ConsultForm, gettext_lazy("Ask for a view…"), gettext_lazy("Ask"), rare=True),
        Verb("add_approver", AddApproverForm, gettext_lazy("Add approver…"), gettext_lazy("Add approver"), rare=True),
        Verb("reassign", ReassignForm, gettext_lazy("Pass on…"), gettext_lazy("Pass on"), rare=True),
        Verb("withdraw", WithdrawForm, gettext_lazy("Withdraw…"), gettext_lazy("Withdraw"), "w"),
    )
}
