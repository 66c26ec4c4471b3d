"""The way of a request: who asked, who decides or decided, and what Odoo does then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from approvals.models import Decision, Request, Step
from approvals.reading import asked as asking
from approvals.reading import effects, rounds, timing
from cockpit.accounts.models import Person
from cockpit.pages import words

if TYPE_CHECKING:
    from approvals.reading.page import Found


@dataclass(frozen=True)
class Stage:
    """A point on the path; `state` is done, now, late or todo."""

    state: str
    who: str
    does: str
    small: str = ""
    names: str = ""  # whom it asks, where `who` is a role
    lost: str = ""  # what was decided there and does not count any more


def stages(found: Found, whom: Mapping[int, list[Person]], answer: effects.Answer | None) -> list[Stage]:
    """Who asked, each step of the latest round, and what Odoo is to do; `answer`: what it said to the decision."""
    request, at = found.request, found.at
    told = [_asked(request, at)]
    by_step = {decision.step_id: decision for decision in found.decisions}
    lost = rounds.lost(request.kind, [one for one in found.every_decision if one.round_id == found.rounds[-1].pk])
    for step in found.steps:
        stage = _stage(step, by_step.get(step.pk), found.timers.get(step.pk), whom.get(step.pk, []), at)
        told.append(replace(stage, lost=lost.get(step.pk, "")))
    if request.kind.effects and request.state != Request.State.CLOSED:
        told.append(_odoo(request, answer))
    return told


def _asked(request: Request, at: datetime) -> Stage:
    who = request.requester.name if request.requester else _("Policy")
    return Stage("done", who, _("asked") if request.requester else _("asks"), words.moment(request.asked_at, at))


def _stage(
    step: Step, decision: Decision | None, timer: timing.Timer | None, whom: list[Person], at: datetime
) -> Stage:
    role = _("%(role)s, %(unit)s") % {"role": step.get_role_display(), "unit": step.unit}
    if decision is not None:
        does = _("rejected it") if decision.verdict == Decision.Verdict.REJECT else _("approved it")
        state = "done" if decision.verdict == Decision.Verdict.APPROVE else "late"
        return Stage(state, _who_decided(decision), does, words.moment(decision.at, at))
    who = asking.names(whom) if step.asked_persons and whom else role
    names = asking.names(whom) if not step.asked_persons else ""
    if step.state == Step.State.OPEN:
        due = _("due %(time)s") % {"time": words.moment(step.due_at, at)} if step.due_at else ""
        late = timer is not None and timer.state == "late"
        small = timer.words if timer and (late or timer.state == "paused") else due
        return Stage("late" if late else "now", who, _("decides"), small, names)
    if step.state == Step.State.VOID:
        return Stage("todo", who, _("is not asked any more"))
    return Stage("todo", who, _("decides then"))


def _who_decided(decision: Decision) -> str:
    if decision.person_id == decision.effective_person_id:
        return str(decision.person)
    return _("%(who)s for %(whom)s") % {"who": decision.person, "whom": decision.effective_person}


def _odoo(request: Request, answer: effects.Answer | None) -> Stage:
    kind = request.kind
    shown = [effect for effect in kind.effects if effect.lead] or list(kind.effects)
    if request.outcome == "rejected" or request.state == Request.State.REJECTED:
        shown = list(kind.effects[-1:])
    does = str(shown[-1].todo)
    if answer is None:
        seconds = int(kind.undo_window.total_seconds())
        return Stage("todo", "Odoo", does, _("after %(count)d s to undo") % {"count": seconds} if seconds else "")
    state = {"ok": "done", "late": "late", "soon": "late"}.get(answer.state, "now")
    return Stage(state, "Odoo", does, answer.short)
