"""What a row may be made of: the kind's facts, the firm's units, people, roles and currencies."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from approvals import kinds
from approvals.editor.access import writable_units, writes_everywhere
from approvals.kinds import Fact, FactType, Kind
from approvals.policy_files import PolicyText
from approvals.reading.tables import fact_of, manager_words, role_words
from approvals.resolvers import HIGHEST
from approvals.services.writing import unit_names
from cockpit.accounts.models import Person, Unit, User
from cockpit.accounts.roles import ROLES

COMPARED = {FactType.MONEY, FactType.NUMBER, FactType.TEXT, FactType.CHOICE, FactType.PERSON}


@dataclass(frozen=True)
class Choices:
    kind: Kind
    unit_names: dict[int, str]  # all active ones, as a file names them
    mine: frozenset[int]  # those whose rows this user may write
    everywhere: bool  # may they write rows that count in every unit?
    people: list[tuple[str, str]]
    emails: dict[str, int]
    currencies: list[str]

    def fact(self, key: str) -> Fact:
        return fact_of(self.kind, key)

    @property
    def facts(self) -> list[Fact]:
        """What a condition may be about."""
        return [fact for fact in self.kind.facts if fact.type in COMPARED]

    @property
    def limits(self) -> list[Fact]:
        return [fact for fact in self.kind.facts if fact.type in (FactType.MONEY, FactType.NUMBER)]

    @property
    def material(self) -> list[tuple[str, str]]:
        return [(fact.key, str(fact.label)) for fact in self.kind.facts if fact.material]

    @property
    def roles(self) -> list[tuple[str, str]]:
        return [(key, str(role.label)) for key, role in ROLES.items()]

    @property
    def whos(self) -> list[tuple[str, str]]:
        named = [fact for fact in self.kind.facts if fact.type == FactType.PERSON]
        return [
            *((f"fact:{fact.key}", _("from the record: %(fact)s") % {"fact": fact.label}) for fact in named),
            *((f"manager:{level}", manager_words(level)) for level in range(1, HIGHEST + 1)),
            ("person", _("a colleague")),
            *((f"role:{key}", _("first %(role)s") % {"role": role_words(key)}) for key in ROLES),
        ]

    @property
    def rungs(self) -> list[tuple[str, str]]:
        people = [(f"person:{pk}", name) for pk, name in self.people]
        return [*(one for one in self.whos if one[0] != "person"), *people]

    @property
    def unit_choices(self) -> list[tuple[str, str]]:
        every = [("", _("Every unit"))] if self.everywhere else []
        return [*every, *((str(pk), name) for pk, name in self.unit_names.items() if pk in self.mine)]


def choices_for(text: PolicyText, user: User) -> Choices:
    """For the table as it is stored: currencies that it names stay on offer. Five queries."""
    people = list(Person.objects.filter(active=True).order_by("name").values_list("pk", "name", "email"))
    currencies = Unit.objects.filter(active=True).exclude(currency="").values_list("currency", flat=True)
    return Choices(
        kind=kinds.get(text.kind),
        unit_names=unit_names(),
        mine=frozenset(writable_units(user)),
        everywhere=writes_everywhere(user),
        people=[(str(pk), name) for pk, name, _email in people],
        emails={email: pk for pk, _name, email in people if email},
        currencies=sorted({*currencies, *_named(text)}) or ["EUR"],
    )


def _named(text: PolicyText) -> set[str]:
    conditions = [
        each for rule in text.rules for part in (rule.when, *(step["when"] for step in rule.steps)) for each in part
    ]
    return {each["currency"] for each in conditions} - {""}
