"""What is wrong with a decision table before anybody is asked by it. Pure: the firm comes as data.

Each finding names the row, and says what to do. Those that stop keep a table from being published.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from django.utils.translation import gettext as _

from approvals.cells import MOST, Box, Space, meet
from approvals.kinds import Fact, FactType
from approvals.lint_steps import steps_of
from approvals.lint_world import Finding, World
from approvals.policy import Condition, Rule, Version, effective_rules

MANY = 5  # more people than this slow a decision down and add nothing to it


def lint(version: Version, facts: Mapping[str, Fact], world: World) -> list[Finding]:
    """Everything found, by row: what stops first."""
    space = Space([condition for rule in version.rules for condition in _conditions(rule)])
    found = [
        *_currencies(version, facts),
        *_never(version, space),
        *_out_of_reach(version, space, world),
        *(finding for rule in version.rules for finding in steps_of(rule, world)),
        *_many(version, space, world),
    ]
    return sorted(found, key=lambda one: (one.rule, not one.stops))


def overridden(version: Version, path: tuple[int, ...]) -> dict[int, list[int]]:
    """Base rows that nothing reaches in one unit → the rows that take what they are for. `path`: root first."""
    space = Space([condition for rule in version.rules for condition in _conditions(rule)])
    base = [rule for rule in effective_rules(version, path) if not rule.add_on]
    return {
        rule.number: _who_takes(rule, base[:place], space)
        for place, rule in enumerate(base)
        if not _reached(rule, base[:place], space)
    }


def _conditions(rule: Rule) -> Iterator[Condition]:
    yield from rule.when
    for step in rule.steps:
        yield from step.when


def _currencies(version: Version, facts: Mapping[str, Fact]) -> Iterator[Finding]:
    for rule in version.rules:
        for each in _conditions(rule):
            fact = facts.get(each.fact)
            if fact is not None and fact.type == FactType.MONEY and not each.currency:
                says = _("The limit %(limit)s for %(fact)s has no currency.") % {
                    "limit": each.value,
                    "fact": fact.label,
                }
                yield Finding(rule.number, "currency", says, _("Say in which currency the limit is."))


def _never(version: Version, space: Space) -> Iterator[Finding]:
    """Rows and steps whose conditions exclude one another."""
    for rule in version.rules:
        if space.box_of(rule) is None:
            says = _("Its conditions exclude one another: no record can meet them all.")
            yield Finding(rule.number, "contradictory", says, _("Take one of the conditions out, or move a limit."))
            continue
        for place, step in enumerate(rule.steps, start=1):
            if space.box((*rule.when, *step.when), asks=True, known=True) is None:
                says = _("Step %(step)d is never asked: its condition excludes those of the row.") % {"step": place}
                yield Finding(rule.number, "contradictory", says, _("Take the step's condition out, or move a limit."))


def _out_of_reach(version: Version, space: Space, world: World) -> Iterator[Finding]:
    """Base rows before which others take everything, in every unit where they count."""
    takers = _takers(version, space, world)
    numbers = {rule.number: rule for rule in version.rules}
    for rule in version.rules:
        if rule.unit_id is not None and rule.unit_id not in world.units:
            says = _("Its unit is no longer active, so it is for no record.")
            yield Finding(rule.number, "unreachable", says, _("Choose another unit, or delete the row."))
        elif not rule.add_on and space.box_of(rule) is not None and (before := takers.get(rule.number)):
            yield _taken(rule, [numbers[number] for number in before], space)


def _taken(rule: Rule, before: list[Rule], space: Space) -> Finding:
    names = ", ".join(_("row %(number)d “%(name)s”") % {"number": one.number, "name": one.name} for one in before)
    left_unknown = _reached(rule, before, space, known=False)
    says = (
        _("It is never reached: %(rows)s takes every record before it.")
        if len(before) == 1
        else _("It is never reached: together %(rows)s take every record before it.")
    ) % {"rows": names}
    if left_unknown:
        says += " " + _("Only where a fact is not known would it be asked.")
    do = _("Move it before them, or make its conditions wider than theirs, or delete it.")
    return Finding(rule.number, "shadowed" if len(before) == 1 else "unreachable", says, do)


def _takers(version: Version, space: Space, world: World) -> dict[int, list[int]]:
    """Rows that nothing reaches in any unit → the rows that take what they are for."""
    paths = [place.path for place in world.units.values()] or [()]
    lists = {tuple(rule.number for rule in effective_rules(version, path) if not rule.add_on) for path in paths}
    rows = {rule.number: rule for rule in version.rules}
    reached: set[int] = set()
    taken: dict[int, list[int]] = {}
    for numbers in lists:
        base = [rows[number] for number in numbers]
        for place, rule in enumerate(base):
            if rule.number in reached:
                continue
            if _reached(rule, base[:place], space):
                reached.add(rule.number)
            else:
                own = taken.setdefault(rule.number, [])
                own.extend(number for number in _who_takes(rule, base[:place], space) if number not in own)
    return {number: rows for number, rows in taken.items() if number not in reached}


def _reached(rule: Rule, before: Iterable[Rule], space: Space, *, known: bool = True) -> bool:
    own = space.box_of(rule, known=known)
    left: list[Box] = [] if own is None else [own]
    for one in before:
        taken = space.box_of(one, known=known)
        if taken is not None:
            left = space.less(left, taken, known=known)
        if not left or len(left) > MOST:
            break
    return bool(left)


def _who_takes(rule: Rule, before: list[Rule], space: Space) -> list[int]:
    """One row where one takes all; else those that take something."""
    for one in before:
        if not _reached(rule, [one], space):
            return [one.number]
    own = space.box_of(rule) or {}
    return [one.number for one in before if (box := space.box_of(one)) is not None and meet(own, box)]


def _many(version: Version, space: Space, world: World) -> Iterator[Finding]:
    """Rows that, with the add-on rows which may join them, ask more people than a decision needs."""
    for rule in version.rules:
        own = space.box_of(rule)
        if rule.add_on or own is None:
            continue
        joining = [one for one in version.rules if one.add_on and _may_join(rule, one, own, space, world)]
        people = sum(world.needed(step) for each in (rule, *joining) for step in each.steps)
        if people > MANY:
            says = _("Up to %(count)d people must agree before anything happens.") % {"count": people}
            do = _("Ask five at most: drop a step, let one of a group answer, or raise a limit.")
            yield Finding(rule.number, "many", says, do, stops=False)


def _may_join(rule: Rule, other: Rule, own: Box, space: Space, world: World) -> bool:
    box = space.box_of(other)
    return box is not None and meet(own, box) and world.share_a_unit(rule.unit_id, other.unit_id)
