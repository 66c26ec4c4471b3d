"""The form of one row: typed by the kind's facts, and read back as the row's text. See `raw` for its fields' names."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from approvals.editor.raw import RUNGS, RawRow, RawStep
from approvals.editor.world import Choices
from approvals.kinds import Fact, FactType
from approvals.policy import LEVELS, PolicyError
from approvals.policy_files import RuleText, seconds

ORDERED = (
    (">", gettext_lazy("above")),
    (">=", gettext_lazy("at least")),
    ("<", gettext_lazy("below")),
    ("<=", gettext_lazy("at most")),
)
EQUAL = (("=", gettext_lazy("is")), ("!=", gettext_lazy("is not")))
LIST = (("in", gettext_lazy("is one of")),)
assert RUNGS == LEVELS


class ConditionForm(forms.Form):
    """`fact` is fixed when the condition is added; the other fields fit its type."""

    def __init__(self, raw: dict[str, str], *, prefix: str, choices: Choices, bound: bool) -> None:
        self.fact = choices.fact(raw["fact"])
        super().__init__(
            {f"{prefix}-{key}": value for key, value in raw.items()} if bound else None,
            initial=None if bound else raw,
            prefix=prefix,
        )
        self.fields["fact"] = forms.CharField(widget=forms.HiddenInput)
        self.fields["op"] = forms.ChoiceField(
            choices=_operators(self.fact), label=_("%(fact)s: comparison") % {"fact": self.fact.label}
        )
        self.fields["value"] = _value_field(self.fact, choices)
        if self.fact.type == FactType.MONEY:
            pairs = [(one, one) for one in choices.currencies]
            self.fields["currency"] = forms.ChoiceField(choices=pairs, label=_("Currency"))

    @property
    def fact_label(self) -> str:
        return str(self.fact.label)

    @property
    def is_money(self) -> bool:
        return self.fact.type == FactType.MONEY

    def clean_value(self) -> Any:
        value = self.cleaned_data["value"]
        if self.cleaned_data.get("op") == "in":
            return [part.strip() for part in str(value).split(",") if part.strip()]
        return f"{value.normalize():f}" if isinstance(value, Decimal) else str(value)

    def condition(self) -> dict[str, Any]:
        data = self.cleaned_data
        return {
            "fact": self.fact.key,
            "op": data["op"],
            "value": data["value"],
            "currency": data.get("currency", ""),
        }


class StepForm(forms.Form):
    order = forms.IntegerField(min_value=1, max_value=99, label=pgettext_lazy("of steps", "Order"))
    within = forms.CharField(max_length=12, label=gettext_lazy("Within"))
    quorum = forms.ChoiceField(
        label=gettext_lazy("How many must approve"),
        choices=[("any", gettext_lazy("any one")), ("all", gettext_lazy("all")), ("some", gettext_lazy("a number"))],
    )
    count = forms.IntegerField(min_value=2, max_value=50, required=False, label=gettext_lazy("Which number"))
    reject = forms.ChoiceField(
        required=False,
        label=gettext_lazy("A rejection"),
        choices=[
            ("", gettext_lazy("not said")),
            ("any", gettext_lazy("of one ends it")),
            ("quorum", gettext_lazy("ends it when too few are left")),
        ],
    )

    def __init__(self, raw: RawStep, *, prefix: str, choices: Choices, bound: bool) -> None:
        data: dict[str, Any] = {f"{prefix}-{key}": value for key, value in raw.values.items()}
        data |= {f"{prefix}-about": raw.about, f"{prefix}-also": raw.also}
        initial = {**raw.values, "about": raw.about, "also": raw.also}
        super().__init__(data if bound else None, initial=None if bound else initial, prefix=prefix)
        self.choices = choices
        roles = forms.ChoiceField(choices=choices.roles, label=_("Role"))
        who = forms.ChoiceField(required=False, label=_("Who"), choices=[("", _("the role's holders")), *choices.whos])
        person = forms.ChoiceField(required=False, label=_("Which colleague"), choices=[("", "—"), *choices.people])
        about = forms.MultipleChoiceField(
            required=False,
            label=_("Asked again only if one of these moves"),
            choices=choices.material,
            widget=forms.CheckboxSelectMultiple,
        )
        also = forms.MultipleChoiceField(
            required=False,
            label=_("And one of each of these roles, side by side"),
            choices=choices.roles,
            widget=forms.CheckboxSelectMultiple,
        )
        self.fields |= {"role": roles, "who": who, "person": person, "about": about, "also": also}
        if not choices.kind.money:
            self.fields["timeout"] = forms.ChoiceField(
                required=False,
                label=_("When its time is over"),
                choices=[("", _("it waits")), ("approve", _("it is approved"))],
            )
        for at in RUNGS:
            self.fields[f"r{at}-to"] = forms.ChoiceField(
                required=False,
                label=_("At %(percent)d %% of the time") % {"percent": at},
                choices=[("", _("only who is asked is warned")), *choices.rungs],
            )
            self.fields[f"r{at}-hand_over"] = forms.BooleanField(
                required=False, label=_("takes over at %(percent)d %%") % {"percent": at}
            )
        self.conditions = [
            ConditionForm(each, prefix=f"{prefix}c{place}", choices=choices, bound=bound)
            for place, each in enumerate(raw.conditions)
        ]

    def clean_within(self) -> int:
        try:
            return seconds(self.cleaned_data["within"], "")
        except PolicyError:
            raise forms.ValidationError(
                _("Write 30 min, 4 h or 2 d; a day has eight business hours."), code="span"
            ) from None

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("who") == "person" and not data.get("person"):
            self.add_error("person", _("Choose the colleague."))
        if data.get("quorum") == "some" and not data.get("count") and "count" not in self.errors:
            self.add_error("count", _("Say how many."))
        return data

    @property
    def path(self) -> str:
        """How buttons name it: "s1"."""
        return str(self.prefix)

    @property
    def path_act(self) -> str:
        return f"-{self.prefix}"

    @property
    def heading(self) -> str:
        return _("step %(number)s") % {"number": int(str(self.prefix)[1:]) + 1}

    @property
    def rungs(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        return [(self[f"r{at}-to"], self[f"r{at}-hand_over"]) for at in RUNGS]

    @property
    def has_ladder(self) -> bool:
        return any(self[f"r{at}-to"].value() for at in RUNGS)

    def steps(self) -> list[dict[str, Any]]:
        """One, or one for each of the roles."""
        return [self._step(role) for role in dict.fromkeys([self.cleaned_data["role"], *self.cleaned_data["also"]])]

    def _step(self, role: str) -> dict[str, Any]:
        data = self.cleaned_data
        quorum = {"any": 1, "all": 0}.get(data["quorum"], data.get("count") or 2)
        return {
            "role": role,
            "order": data["order"],
            "quorum": quorum,
            "goal_s": data["within"],
            "about": data["about"],
            "who": f"person:{data['person']}" if data["who"] == "person" else data["who"],
            "reject": data["reject"] or ("any" if quorum == 1 else ""),
            "when": [each.condition() for each in self.conditions],
            "ladder": [
                {"at": at, "to": data[f"r{at}-to"], "hand_over": data[f"r{at}-hand_over"]}
                for at in RUNGS
                if data[f"r{at}-to"]
            ],
            "timeout": data.get("timeout", ""),
        }


class RowForm(forms.Form):
    """A whole row with its conditions and steps; `rule()` is the row's text once everything is valid."""

    name = forms.CharField(max_length=160, label=gettext_lazy("Name"))
    add_on = forms.BooleanField(
        required=False, label=gettext_lazy("In addition: its steps join those of the base row that matches")
    )

    def __init__(self, raw: RawRow, *, choices: Choices, bound: bool, focus: str = "") -> None:
        super().__init__(raw.values if bound else None, initial=None if bound else raw.values)
        self.choices = choices
        self.fields["unit"] = forms.ChoiceField(
            required=not choices.everywhere, label=_("Unit"), choices=choices.unit_choices
        )
        self.order_fields(["name", "unit", "add_on"])
        self.conditions = [
            ConditionForm(each, prefix=f"c{place}", choices=choices, bound=bound)
            for place, each in enumerate(raw.conditions)
        ]
        self.steps = [
            StepForm(each, prefix=f"s{place}", choices=choices, bound=bound) for place, each in enumerate(raw.steps)
        ]
        for field in (field for part in self.parts for field in part if field.auto_id == focus):
            field.field.widget.attrs["autofocus"] = True

    @property
    def parts(self) -> list[forms.Form]:
        inner = [one for step in self.steps for one in (step, *step.conditions)]
        return [self, *self.conditions, *inner]

    def all_valid(self) -> bool:
        results = [part.is_valid() for part in self.parts]  # each of them is asked, so that all errors show
        return all(results)

    def rule(self) -> RuleText:
        data = self.cleaned_data
        return RuleText(
            name=data["name"],
            unit=self.choices.unit_names.get(int(data["unit"]), "") if data["unit"] else "",
            add_on=data["add_on"],
            when=[each.condition() for each in self.conditions],
            steps=[step for each in self.steps for step in each.steps()],
        )


def _operators(fact: Fact) -> list[tuple[str, Any]]:
    if fact.type in (FactType.MONEY, FactType.NUMBER):
        return [*ORDERED, *EQUAL]
    return [*EQUAL] if fact.type == FactType.PERSON else [*EQUAL, *LIST]


def _value_field(fact: Fact, choices: Choices) -> forms.Field:
    label = str(fact.label)
    if fact.type in (FactType.MONEY, FactType.NUMBER):
        return forms.DecimalField(label=label, max_digits=18, decimal_places=4)
    if fact.type == FactType.PERSON:
        return forms.ChoiceField(label=label, choices=choices.people)
    return forms.CharField(label=label, max_length=300)


def limits_of(text: str) -> list[str]:
    """ "10000; 50000" as numbers. Raises PolicyError."""
    found = [part.strip() for part in text.replace(";", " ").split() if part.strip()]
    try:
        return [str(Decimal(part)) for part in found]
    except InvalidOperation:
        raise PolicyError(_("Write the limits as numbers with a space between: 10000 50000.")) from None
