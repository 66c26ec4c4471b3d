"""Writing a decision table down: what is wrong with a row is said with its number before anything is stored."""

from collections.abc import Mapping
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from approvals import kinds, resolvers
from approvals.models import PolicyRule, PolicyVersion
from approvals.policy import PolicyError, StepSpec
from approvals.policy_files import PolicyText, RuleText
from cockpit.accounts.models import Person, Unit

BETWEEN = " / "  # names of units from the company down


def kind_of(key: str) -> kinds.Kind:
    """Raises PolicyError where there is no such kind."""
    try:
        return kinds.get(key)
    except kinds.UnknownKindError as unknown:
        raise PolicyError(str(unknown)) from None


def write_rows(version: PolicyVersion, text: PolicyText) -> None:
    """Give a draft these rows instead of those it has. Raises PolicyError naming an unknown fact, unit or person."""
    kind = kind_of(text.kind)
    declared = {fact.key: fact for fact in kind.facts}
    check_limit(kind, text.bulk_below)
    version.bulk_below = text.bulk_below
    version.save(update_fields=["bulk_below"])
    version.rules.all().delete()
    for number, row in enumerate(text.rules, start=1):
        where = f"Row {number} ({row.name})"
        for condition in row.when:
            _check_condition(condition, declared, where)
        PolicyRule.objects.create(
            version=version,
            number=number,
            name=row.name,
            unit=_unit(row.unit, where),
            add_on=row.add_on,
            when=row.when,
            steps=[_step(step, kind, declared, where) for step in row.steps],
        )
    version.table()  # reads every row once more, as routing will


def text_of(version: PolicyVersion) -> PolicyText:
    """The table as it is written in a file: units by name, colleagues by address. `write_rows` takes it back."""
    rules = list(version.rules.select_related("unit"))
    names = unit_names()
    people = dict(Person.objects.exclude(email="").filter(active=True).values_list("pk", "email"))
    return PolicyText(
        version.policy.kind,
        version.policy.name,
        version.mode,
        [
            RuleText(
                name=rule.name,
                unit=names.get(rule.unit_id, rule.unit.name) if rule.unit and rule.unit_id else "",
                add_on=rule.add_on,
                when=rule.when,
                steps=[_said(step, people) for step in rule.steps],
            )
            for rule in rules
        ],
        version.bulk_below,
    )


def check_limit(kind: kinds.Kind, limit: Decimal | None) -> None:
    """Raises PolicyError where each of the kind has to be looked at by itself."""
    if limit and kind.bulk_below is None:
        raise PolicyError(f"{kind.label}: requests of this kind are decided one by one; leave bulk_below out.")


def _said(step: Mapping[str, Any], people: Mapping[int, str]) -> dict[str, Any]:
    whole = {**asdict(StepSpec(step["role"])), **step}
    return {
        **whole,
        "about": list(whole["about"]),
        "when": list(whole["when"]),
        "who": _address(whole["who"], people),
        "ladder": [{**rung, "to": _address(rung["to"], people)} for rung in whole["ladder"]],
    }


def _address(who: str, people: Mapping[int, str]) -> str:
    kind, _colon, value = who.partition(":")
    return people.get(int(value), who) if kind == "person" else who


def unit_names() -> dict[int, str]:
    """Active units as a file names them: by their name, where it is one of several with all above it."""
    units = {unit.pk: unit for unit in Unit.objects.filter(active=True)}
    names = [unit.name for unit in units.values()]
    return {
        pk: unit.name
        if names.count(unit.name) == 1
        else BETWEEN.join(units[above].name for above in unit.ancestor_ids if above in units)
        for pk, unit in units.items()
    }


def _step(step: dict[str, Any], kind: kinds.Kind, declared: dict[str, kinds.Fact], where: str) -> dict[str, Any]:
    """The step as it is stored: colleagues by their number instead of their address. Raises PolicyError."""
    step = {**asdict(StepSpec(step["role"])), **step}
    for condition in step["when"]:
        _check_condition(condition, declared, where)
    if unknown := sorted(set(step["about"]) - set(declared)):
        raise PolicyError(f"{where}: there is no fact {unknown[0]!r}; facts are {', '.join(declared)}.")
    if step["timeout"] and kind.money:
        raise PolicyError(f"{where}: {kind.label} is about money, so nothing of it is approved by running out of time.")
    ladder = [{**rung, "to": _who(rung["to"], declared, where)} for rung in step["ladder"]]
    return {**step, "who": _who(step["who"], declared, where), "ladder": ladder}


def _who(who: str, declared: dict[str, kinds.Fact], where: str) -> str:
    if "@" in who:
        person = Person.objects.filter(email__iexact=who, active=True).first()
        if person is None:
            raise PolicyError(f"{where}: nobody here has the address {who}.")
        return f"person:{person.pk}"
    meant = resolvers.read(who, where)
    if meant.kind == "fact" and (meant.value not in declared or declared[meant.value].type != kinds.FactType.PERSON):
        named = ", ".join(key for key, fact in declared.items() if fact.type == kinds.FactType.PERSON)
        raise PolicyError(f"{where}: {meant.value!r} is no fact that names a person; {named or 'this kind has none'}.")
    return who


def _check_condition(condition: dict[str, Any], declared: dict[str, kinds.Fact], where: str) -> None:
    fact = declared.get(condition["fact"])
    if fact is None:
        raise PolicyError(f"{where}: there is no fact {condition['fact']!r}; facts are {', '.join(declared)}.")
    if (fact.type == kinds.FactType.MONEY) != bool(condition["currency"]):
        raise PolicyError(
            f"{where}: {condition['fact']} is an amount of money: give its limit a currency."
            if fact.type == kinds.FactType.MONEY
            else f"{where}: {condition['fact']} is not money and takes no currency."
        )


def _unit(name: str, where: str) -> Unit | None:
    if not name:
        return None
    names = unit_names()
    found = [pk for pk, known in names.items() if name == known]
    if len(found) == 1:
        return Unit.objects.get(pk=found[0])
    several = Unit.objects.filter(name=name, active=True).exists()
    problem = "more than one unit is called" if several else "there is no unit"
    known = ", ".join(sorted(names.values())[:20])
    raise PolicyError(f"{where}: {problem} {name!r}; units are {known or 'none yet: pull from Odoo first'}.")
