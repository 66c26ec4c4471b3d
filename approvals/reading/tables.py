"""A decision table in words: what a row asks for, whom it asks, and until when."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import groupby

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from approvals.kinds import Fact, FactType, Kind
from approvals.policy import Condition, Rule, Rung, StepSpec
from approvals.policy_files import span
from approvals.reading.why import limit_words
from approvals.resolvers import read
from cockpit.accounts.roles import ROLES

Names = Mapping[int, str]  # persons by their number


def when_words(conditions: Iterable[Condition], kind: Kind, names: Names) -> list[str]:
    """One phrase for each condition; none: always."""
    return [_condition(each, kind, names) for each in conditions]


def asks_words(rule: Rule, kind: Kind, names: Names) -> list[str]:
    """One phrase for each step in its order; steps side by side say so."""
    ordered = sorted(rule.steps, key=lambda step: step.order)
    orders = [list(steps) for _order, steps in groupby(ordered, key=lambda step: step.order)]
    several = len(orders) > 1
    return [
        f"{place}. {step_words(step, kind, names)}" if several else step_words(step, kind, names)
        for place, steps in enumerate(orders, start=1)
        for step in steps
    ]


def step_words(step: StepSpec, kind: Kind, names: Names) -> str:
    """ "Finance, all of them, within 4 h, if Amount above €100,000.00"."""
    parts = [whom_words(step, kind, names)]
    if step.quorum == 0:
        parts.append(_("all of them"))
    elif step.quorum > 1:
        parts.append(ngettext("%(count)d of them", "%(count)d of them", step.quorum) % {"count": step.quorum})
    parts.append(_("within %(time)s") % {"time": span(step.goal_s)})
    if step.quorum != 1 and step.reject:
        parts.append(reject_words(step.reject))
    if step.when:
        parts.append(_("only if %(conditions)s") % {"conditions": _all(when_words(step.when, kind, names))})
    if step.about:
        parts.append(_("about %(facts)s") % {"facts": ", ".join(_label(kind, key) for key in step.about)})
    parts += [rung_words(rung, kind, names) for rung in step.ladder]
    if step.timeout:
        parts.append(_("approved when its time is over"))
    return ", ".join(parts)


def whom_words(step: StepSpec, kind: Kind, names: Names) -> str:
    role = role_words(step.role)
    if not step.who:
        return role
    return _("%(who)s, else %(role)s") % {"who": who_words(step.who, kind, names), "role": role}


def who_words(who: str, kind: Kind, names: Names) -> str:
    meant = read(who)
    if meant.kind == "fact":
        return _label(kind, meant.value)
    if meant.kind == "person":
        return names.get(int(meant.value)) or _("somebody who is no longer here")
    if meant.kind == "manager":
        return manager_words(int(meant.value))
    return role_words(meant.value)


def manager_words(level: int) -> str:
    if level == 1:
        return _("Manager of who asked")
    return ngettext("Manager %(level)d level up", "Manager %(level)d levels up", level) % {"level": level}


def role_words(role: str) -> str:
    return str(ROLES[role].label) if role in ROLES else role


def reject_words(reject: str) -> str:
    return _("ends when too few are left to approve") if reject == "quorum" else _("one rejection ends it")


def rung_words(rung: Rung, kind: Kind, names: Names) -> str:
    who = who_words(rung.to, kind, names)
    if rung.hand_over:
        return _("at %(percent)d %% %(who)s takes over") % {"percent": rung.at, "who": who}
    return _("at %(percent)d %% %(who)s is told") % {"percent": rung.at, "who": who}


def rule_words(rule: Rule, kind: Kind, names: Names, units: Mapping[int, str]) -> str:
    """A row on one line, for a difference: "Munich · Amount above €5,000.00: Finance, within 4 h"."""
    where = units.get(rule.unit_id, _("a unit that is gone")) if rule.unit_id else _("Every unit")
    when = _all(when_words(rule.when, kind, names)) or _("always")
    asks = "; ".join(asks_words(rule, kind, names)) or _("nobody is asked")
    parts = [where, _("in addition"), when] if rule.add_on else [where, when]
    return f"{' · '.join(parts)}: {asks}"


def _condition(condition: Condition, kind: Kind, names: Names) -> str:
    fact = fact_of(kind, condition.fact)
    if fact.type == FactType.PERSON and str(condition.value).isdigit():
        condition = Condition(condition.fact, condition.op, names.get(int(condition.value), str(condition.value)))
    return limit_words(condition, fact)


def fact_of(kind: Kind, key: str) -> Fact:
    """The declared fact; of one that is declared no more its key."""
    return next((fact for fact in kind.facts if fact.key == key), Fact(key, key, FactType.TEXT))


def _label(kind: Kind, key: str) -> str:
    return str(fact_of(kind, key).label)


def _all(phrases: list[str]) -> str:
    return _(" and ").join(phrases)
