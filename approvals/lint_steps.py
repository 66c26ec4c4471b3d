"""Whether the steps of a row can be answered: by whom, in which units, and what if nobody does. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _

from approvals.lint_world import Finding, Place, World
from approvals.policy import Rule, StepSpec
from approvals.resolvers import read
from cockpit.accounts.roles import ROLES

NAMED = 3  # units that are named; of others the number


def steps_of(rule: Rule, world: World) -> Iterator[Finding]:
    places = world.units_of(rule.unit_id)
    for number, step in enumerate(rule.steps, start=1):
        yield from _unsaid(rule, number, step)
        yield from _nobody(rule, number, step, places, world)
        yield from _too_few(rule, number, step, places, world)
    yield from _twice(rule, places, world)


def _unsaid(rule: Rule, number: int, step: StepSpec) -> Iterator[Finding]:
    if step.quorum != 1 and not step.reject:
        says = _("Step %(step)d asks several, and does not say what one rejection means.") % {"step": number}
        do = _("Choose whether one rejection ends it, or only when too few are left to approve.")
        yield Finding(rule.number, "reject", says, do)


def _nobody(rule: Rule, number: int, step: StepSpec, places: list[Place], world: World) -> Iterator[Finding]:
    """Nobody holds the role that answers for the step; a person it names has left."""
    meant = read(step.who)
    if meant.kind == "person" and int(meant.value) not in world.people:
        says = _("Step %(step)d names somebody who can no longer sign in.") % {"step": number}
        do = _("Name somebody else. Until then %(role)s answers for it.") % {"role": _role(step.role)}
        yield Finding(rule.number, "gone", says, do, stops=False)
    if meant.kind == "person" and int(meant.value) in world.people:
        return
    lacking = [place for place in places if not _askable(step, place, world)]
    if not lacking:
        return
    words = {"step": number, "role": _role(step.role), "units": _units(lacking)}
    if meant.kind in ("fact", "manager"):
        says = (
            _("Where step %(step)d finds nobody, %(role)s answers for it; nobody holds that role in %(units)s.") % words
        )
        yield Finding(rule.number, "no_fallback", says, _("Grant the role there, or choose another."), stops=False)
        return
    says = _("Nobody may decide step %(step)d in %(units)s: nobody holds the role %(role)s there.") % words
    do = _("Grant the role there, choose another, or give the row a unit where somebody holds it.")
    yield Finding(rule.number, "no_approver", says, do, stops=len(lacking) == len(places))


def _too_few(rule: Rule, number: int, step: StepSpec, places: list[Place], world: World) -> Iterator[Finding]:
    """More approvals than there are people, and nobody who takes over: it would wait for ever."""
    if step.quorum < 2:
        return
    meant = read(step.who)
    alone = meant.kind in ("person", "fact", "manager")
    short = [
        place
        for place in places
        if (1 if alone else len(_askable(step, place, world))) < step.quorum
        and (alone or _askable(step, place, world))
        and not _taken_over(step, place, world)
    ]
    if not short:
        return
    most = 1 if alone else max(len(_askable(step, place, world)) for place in short)
    says = _("Step %(step)d waits for ever: it needs %(quorum)d approvals, and %(units)s has %(most)d to give.") % {
        "step": number,
        "quorum": step.quorum,
        "units": _units(short),
        "most": most,
    }
    do = _("Ask fewer, grant the role to more, or let a rung of the ladder hand it over.")
    yield Finding(rule.number, "waits", says, do, stops=len(short) == len(places))


def _twice(rule: Rule, places: list[Place], world: World) -> Iterator[Finding]:
    """Steps of one role: nobody decides twice in a round, so each needs somebody of their own."""
    by_role: dict[str, list[StepSpec]] = {}
    for step in rule.steps:
        if not step.who and not step.when:
            by_role.setdefault(step.role, []).append(step)
    for role, steps in by_role.items():
        needed = sum(max(step.quorum, 1) for step in steps)
        short = [place for place in places if 0 < len(world.held(role, place.id)) < needed]
        short = [place for place in short if not any(_taken_over(step, place, world) for step in steps)]
        if len(steps) > 1 and short:
            says = _(
                "%(role)s is asked in %(count)d steps, and nobody decides twice: %(units)s has too few of them."
            ) % {"role": _role(role), "count": len(steps), "units": _units(short)}
            do = _("Ask another role in one of the steps, or grant this one to more.")
            yield Finding(rule.number, "waits", says, do, stops=len(short) == len(places))


def _askable(step: StepSpec, place: Place, world: World) -> frozenset[int]:
    """Whom the step asks by a role in this unit."""
    meant = read(step.who)
    named = world.held(meant.value, place.id) if meant.kind == "role" and meant.value else frozenset()
    return named or world.held(step.role, place.id)


def _taken_over(step: StepSpec, place: Place, world: World) -> bool:
    """Whether somebody takes the step over when its time is up."""
    return any(rung.hand_over and _somebody(rung.to, place, world) for rung in step.ladder)


def _somebody(to: str, place: Place, world: World) -> bool:
    meant = read(to)
    if meant.kind == "role":
        return bool(world.held(meant.value, place.id))
    return meant.kind != "person" or int(meant.value) in world.people


def _units(places: list[Place]) -> str:
    names = [place.name for place in places[:NAMED]]
    if more := len(places) - len(names):
        names.append(_("%(count)d more") % {"count": more})
    return ", ".join(names)


def _role(role: str) -> str:
    return str(ROLES[role].label) if role in ROLES else role
