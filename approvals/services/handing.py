"""Handing over what waits for somebody who left, or lost a role: each thing by itself, with a result of its own.

What is handed over can be taken back until somebody has acted on it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from approvals.handing import HandOver, HandOverItem
from approvals.models import Decision, Participant, Question, Step
from approvals.resolvers import can_act
from approvals.services.deputising import OVERSEES
from approvals.services.moving import reassign
from approvals.services.refusing import DecisionRefused
from approvals.services.routing import (
    calendar_of,
    check_somebody_may_decide,
    clock_of,
    keep_due,
    lock_step,
)
from approvals.services.turning import locked_question
from cockpit.accounts import grants
from cockpit.accounts.models import Person
from cockpit.audit import record, reference
from cockpit.exception_queue.acts import CaseRefusedError, assign
from cockpit.exception_queue.models import Case
from cockpit.exception_queue.reading.seen import may_work
from cockpit.time import services as time

What = HandOverItem.What
LONGEST = 2000


class HandingRefusedError(Exception):
    """Nothing was handed over or taken back; `sentence` says why."""

    def __init__(self, sentence: str) -> None:
        self.sentence = sentence

    def __str__(self) -> str:
        return self.sentence


@dataclass(frozen=True)
class Pick:
    """One thing and who shall have it; `to` None: whoever holds the role."""

    what: str
    object_id: int
    to: Person | None


def waiting_for(person: Person) -> list[tuple[str, Any]]:
    """What waits for them: steps that ask them by name or that they took on, questions, cases. Three queries."""
    steps = Step.objects.filter(state=Step.State.OPEN, round__closed_at__isnull=True)
    asked = steps.filter(asked_persons__contains=[person.pk]) | steps.filter(claimed_by=person)
    questions = Question.objects.filter(asked_of=person, ended_at__isnull=True)
    cases = Case.objects.filter(owner=person).exclude(state=Case.State.RESOLVED)
    found: list[tuple[str, Any]] = [(What.STEP, row) for row in asked.select_related("round__request", "unit")]
    found += [(What.QUESTION, row) for row in questions.select_related("request__unit", "step__unit", "asked_by")]
    return found + [(What.CASE, row) for row in cases.select_related("unit", "owner").order_by("due_at", "pk")]


def may_hand_over(actor: Person, what: str, row: Any) -> bool:
    """The PMO of its unit; of a case whoever works on cases there."""
    if actor.user is None:
        return False
    if what == What.CASE:
        return may_work(actor.user, row)
    unit = row.unit_id if what == What.STEP else row.request.unit_id
    return unit in grants.granted_units(actor.user).get(OVERSEES, set())


def hand_over(person: Person, picks: Iterable[Pick], *, reason: str, actor: Person, at: datetime) -> HandOver:
    """Give each thing to whom it was picked for. One that cannot be is written down with why; the others go on.

    Raises HandingRefusedError without a reason, for nothing, or for what is not `person`'s or not for `actor` to give.
    """
    reason = reason.strip()[:LONGEST]
    if not reason:
        raise HandingRefusedError(_("Say why you hand it over."))
    theirs = {(what, row.pk): row for what, row in waiting_for(person) if may_hand_over(actor, what, row)}
    chosen = [pick for pick in picks if (pick.what, pick.object_id) in theirs]
    if not chosen:
        raise HandingRefusedError(_("None of it waits for %(person)s any more.") % {"person": person})
    made = HandOver.objects.create(person=person, actor=actor, reason=reason, at=at)
    for pick in chosen:
        _one(made, pick, theirs[pick.what, pick.object_id], at=at)
    return made


def take_back(item_id: int, *, actor: Person, at: datetime) -> HandOverItem:
    """Put one thing back where it was, until somebody acted on it. Twice is once. Raises HandingRefusedError."""
    with transaction.atomic():
        item = (
            HandOverItem.objects.select_for_update(of=("self",))
            .select_related("hand_over__person", "to")
            .get(pk=item_id)
        )
        if item.taken_back_at is not None:
            return item
        if item.problem or item.hand_over.actor_id != actor.pk:
            raise HandingRefusedError(_("Only what you handed over yourself can be taken back."))
        _TAKES_BACK[What(item.what)](item, actor, at)
        item.taken_back_at = at
        item.save(update_fields=["taken_back_at"])
    return item


def label_of(what: str, row: Any) -> str:
    if what == What.STEP:
        return f"{row.round.request.number} {row.round.request.title}"[:300]
    return f"{row.request.number} {row.text}"[:300] if what == What.QUESTION else f"{row.number} {row.title}"[:300]


def _one(made: HandOver, pick: Pick, row: Any, *, at: datetime) -> None:
    item = HandOverItem(
        hand_over=made, what=pick.what, object_id=row.pk, label=label_of(pick.what, row), to=pick.to, before={}
    )
    try:
        with transaction.atomic():
            item.before = _GIVES[What(pick.what)](row, pick.to, made, at)
            item.save()
    except (DecisionRefused, CaseRefusedError, HandingRefusedError) as problem:
        item.problem = str(problem)
        item.save()


def _give_step(row: Step, to: Person | None, made: HandOver, at: datetime) -> dict[str, Any]:
    before = {"asked": row.asked_persons, "claimed_by": row.claimed_by_id}
    request, step = lock_step(row.pk)
    theirs = made.person_id in step.asked_persons or step.claimed_by_id == made.person_id
    if step.state != Step.State.OPEN or not theirs:
        raise HandingRefusedError(_("It does not wait for them any more."))
    if to is not None:
        reassign(row.pk, to=to, actor=made.actor, at=at, reason=made.reason)
        return before
    _ask_instead(step, [], cause=gettext_noop("passed on"), at=at)
    data = {"step": step.pk, "from": [reference(made.person)], "to": None}
    words = {"reason": made.reason}
    record(request.audit_subject, "approvals.request.reassign", actor=made.actor, at=at, data=data, words=words)
    check_somebody_may_decide(step, request, at=at)
    return before


def _give_question(row: Question, to: Person | None, made: HandOver, at: datetime) -> dict[str, Any]:
    if to is None or not can_act(to) or to.pk == row.asked_by_id:
        raise HandingRefusedError(_("Name somebody else who can sign in and answer."))
    asked = locked_question(row.pk)
    if asked.asked_of_id != made.person_id:
        raise HandingRefusedError(_("It does not wait for them any more."))
    _ask_of(asked, to, made.actor, at, reason=made.reason)
    return {"asked_of": made.person_id}


def _give_case(row: Case, to: Person | None, made: HandOver, at: datetime) -> dict[str, Any]:
    before = {"owner": row.owner_id}
    assign(row.pk, to=to, owner=made.person, actor=made.actor, reason=made.reason, at=at)
    return before


def _step_back(item: HandOverItem, actor: Person, at: datetime) -> None:
    request, step = lock_step(item.object_id)
    acted = Decision.objects.filter(step=step).exists() or step.claimed_by_id is not None
    moved = step.asked_persons != ([] if item.to_id is None else [item.to_id])
    asked = Question.objects.filter(step=step, asked_at__gte=item.hand_over.at).exists()
    if step.state != Step.State.OPEN or acted or moved or asked:
        raise HandingRefusedError(_("Somebody has acted on it: it stays where it is."))
    _ask_instead(step, item.before["asked"], cause=gettext_noop("taken back"), at=at)
    data = {"step": step.pk, "from": [reference(item.to)] if item.to else [], "to": reference(item.hand_over.person)}
    record(request.audit_subject, "approvals.request.reassign", actor=actor, at=at, data=data | {"back": True})
    check_somebody_may_decide(step, request, at=at)


def _question_back(item: HandOverItem, actor: Person, at: datetime) -> None:
    try:
        asked = locked_question(item.object_id)
    except DecisionRefused as problem:
        raise HandingRefusedError(str(problem)) from None
    if asked.asked_of_id != item.to_id:
        raise HandingRefusedError(_("Somebody has acted on it: it stays where it is."))
    _ask_of(asked, item.hand_over.person, actor, at, reason="")


def _case_back(item: HandOverItem, actor: Person, at: datetime) -> None:
    case = Case.objects.get(pk=item.object_id)
    if case.owner_id != item.to_id:
        raise HandingRefusedError(_("Somebody has acted on it: it stays where it is."))
    try:
        assign(case.pk, to=item.hand_over.person, owner=item.to, actor=actor, reason="", at=at, back=True)
    except CaseRefusedError as problem:
        raise HandingRefusedError(str(problem)) from None


def _ask_instead(step: Step, persons: list[int], *, cause: str, at: datetime) -> None:
    """The step asks these persons, or the role, from now on; its clock goes on by the unit's calendar."""
    step.asked_persons, step.claimed_by, step.claimed_until = persons, None, None
    clock = clock_of(step)
    time.hand_over(clock, calendar=calendar_of(step.unit, at=at), cause=cause, at=at)
    step.due_at = clock.due_at
    step.save(update_fields=["asked_persons", "claimed_by", "claimed_until", "due_at"])
    keep_due(step.round.request)


def _ask_of(asked: Question, to: Person, actor: Person, at: datetime, *, reason: str) -> None:
    was, asked.asked_of = asked.asked_of, to
    asked.save(update_fields=["asked_of"])
    Participant.objects.get_or_create(request=asked.request, person=to, part=Participant.Part.ASKED_BACK)
    data = {"question": asked.pk, "from": reference(was), "to": reference(to), "back": not reason}
    words = {"reason": reason} if reason else {}
    record(asked.request.audit_subject, "approvals.request.readdress", actor=actor, at=at, data=data, words=words)


_GIVES: dict[What, Callable[[Any, Person | None, HandOver, datetime], dict[str, Any]]] = {
    What.STEP: _give_step,
    What.QUESTION: _give_question,
    What.CASE: _give_case,
}
_TAKES_BACK: dict[What, Callable[[HandOverItem, Person, datetime], None]] = {
    What.STEP: _step_back,
    What.QUESTION: _question_back,
    What.CASE: _case_back,
}
