"""Asking back: whoever is to decide wants to know something, or another value, first; the clock waits meanwhile."""

import json
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from approvals import facts as factbook
from approvals.models import Participant, Question, Request, Round, Step
from approvals.services.refusing import DecisionRefused, NotEntitledError
from approvals.services.routing import clock_of, keep_due, lock, lock_step, votes_for
from cockpit.accounts.models import Person
from cockpit.audit import record, reference
from cockpit.events.services import emit
from cockpit.time import services as time
from cockpit.time.models import Clock

LONGEST = 4000
SYSTEM = "system:questions"
Ended = Question.Ended


class QuestionRefusedError(DecisionRefused):
    """Nothing was asked or answered; `sentence` says why."""

    def __init__(self, sentence: str) -> None:
        self.sentence = sentence


@transaction.atomic
def ask_back(
    step_id: int,
    *,
    actor: Person,
    text: str,
    at: datetime,
    of: Person | None = None,
    fact: str = "",
    value: Any = None,
) -> Question:
    """Ask the requester (or `of`) something; the step's clock waits for the answer.

    With `fact` and `value` it proposes that the fact be another. Raises NotEntitledError unless `actor` may decide the
    step, QuestionRefusedError when nothing was written, nobody can answer, or a question is open already.
    """
    request, step = lock_step(step_id)
    text = _written(text)
    _check_pending(request, step)
    if not votes_for(step, request, actor, at=at):
        raise NotEntitledError(_("Only who may decide this step can ask about it."))
    whom = of or request.requester
    if whom is None or whom == actor:
        raise QuestionRefusedError(_("Nobody is known who asked for this. Name whom you want to ask."))
    if whom.user is None or not whom.active:
        raise QuestionRefusedError(
            _("%(person)s has no sign-in and could not answer. Ask somebody else.") % {"person": whom}
        )
    if fact:
        _check_fact(request, fact, value)
    if open_question(step) is not None:
        raise QuestionRefusedError(_("This step waits for an answer already. Take that question back first."))
    asked = Question.objects.create(
        request=request, step=step, asked_by=actor, asked_of=whom, text=text, fact=fact, value=value, asked_at=at
    )
    Participant.objects.get_or_create(request=request, person=whom, part=Participant.Part.ASKED_BACK)
    cause = gettext_noop("waiting for %(about)s’s answer")
    time.pause(clock_of(step), cause=f"{cause}: {whom}"[:200], at=at)
    _follow(step)
    data: dict[str, Any] = {"question": asked.pk, "of": reference(whom), **({"fact": fact} if fact else {})}
    words = {"text": text, **_proposed(asked)}
    record(request.audit_subject, "approvals.request.ask_back", actor=actor, at=at, data=data, words=words)
    _tell("approvals.asked_back", asked, at=at)
    return asked


@transaction.atomic
def answer(question_id: int, *, actor: Person, text: str, at: datetime, accepted: bool | None = None) -> Question:
    """Answer; the step's clock runs on. `accepted`: whether a proposed change is agreed to (it needs a yes or no).

    Whoever was asked answers, or the requester. Raises QuestionRefusedError.
    """
    asked = locked_question(question_id)
    if actor not in (asked.asked_of, asked.request.requester):
        raise QuestionRefusedError(_("This was asked of %(person)s.") % {"person": asked.asked_of})
    if asked.fact and accepted is None:
        raise QuestionRefusedError(_("Say whether you agree to the change."))
    text = text.strip()[:LONGEST] if asked.fact else _written(text)
    asked.answer, asked.accepted = text, accepted if asked.fact else None
    _end(asked, Ended.ANSWERED, actor=actor, at=at)
    data = {"question": asked.pk, "accepted": asked.accepted, **({"fact": asked.fact} if asked.fact else {})}
    subject, words = asked.request.audit_subject, {"text": text, **_proposed(asked)}
    record(subject, "approvals.request.answer", actor=actor, at=at, data=data, words=words)
    _tell("approvals.answered", asked, at=at)
    return asked


@transaction.atomic
def take_back(question_id: int, *, actor: Person, at: datetime) -> Question:
    """Whoever asked does not need the answer any more; the clock runs on."""
    asked = locked_question(question_id)
    if actor != asked.asked_by:
        raise QuestionRefusedError(_("Only %(person)s can take this question back.") % {"person": asked.asked_by})
    _end(asked, Ended.TAKEN_BACK, actor=actor, at=at)
    record(asked.request.audit_subject, "approvals.request.take_back", actor=actor, at=at, data={"question": asked.pk})
    return asked


def overtake(round_: Round, *, at: datetime, step: Step | None = None) -> None:
    """What was asked needs no answer any more: the step was decided all the same, or the round is over."""
    found = Question.objects.filter(step__round=round_, ended_at__isnull=True)
    for asked in found.filter(step=step) if step is not None else found:
        _end(asked, Ended.OVERTAKEN, actor=None, at=at)


def open_question(step: Step) -> Question | None:
    return Question.objects.filter(step=step, ended_at__isnull=True).first()


def _end(asked: Question, how: str, *, actor: Person | None, at: datetime) -> None:
    asked.ended, asked.ended_at, asked.ended_by = how, at, actor
    asked.save()
    step = Step.objects.select_related("round__request").get(pk=asked.step_id)
    if step.state != Step.State.OPEN:
        return
    clock = clock_of(step)
    if clock.state == Clock.State.PAUSED:
        time.resume(clock, cause=gettext_noop("answered") if how == Ended.ANSWERED else gettext_noop("resumed"), at=at)
    _follow(step)


def _follow(step: Step) -> None:
    """The step and its request show what the clock says now."""
    Step.objects.filter(pk=step.pk).update(due_at=clock_of(step).due_at)
    keep_due(step.round.request)


def locked_question(question_id: int) -> Question:
    """The question, its request locked. Raises QuestionRefusedError when it has ended."""
    lock(Question.objects.values_list("request", flat=True).get(pk=question_id))
    asked = Question.objects.select_related("request__requester", "asked_of", "asked_by", "step").get(pk=question_id)
    if not asked.is_open:
        words = {
            Ended.ANSWERED: _("%(person)s has answered it already."),
            Ended.TAKEN_BACK: _("%(person)s has taken the question back."),
            Ended.OVERTAKEN: _("It needs no answer any more: the request went on without it."),
        }
        raise QuestionRefusedError(words[Ended(asked.ended)] % {"person": asked.ended_by})
    return asked


def _check_pending(request: Request, step: Step) -> None:
    if request.state != Request.State.PENDING or step.state != Step.State.OPEN:
        raise QuestionRefusedError(_("%(number)s no longer waits for a decision.") % {"number": request.number})


def _check_fact(request: Request, fact: str, value: Any) -> None:
    """Raises QuestionRefusedError unless the kind has such a fact and it could hold the value."""
    known = {each.key: each for each in request.kind.facts}
    if fact not in known or request.snapshot is None:
        raise QuestionRefusedError(_("This kind of request has no such fact to change."))
    try:
        factbook.check(request.kind, {**request.snapshot.facts, fact: value})
    except factbook.FactError as problem:
        raise QuestionRefusedError(
            _("%(fact)s cannot be that: %(problem)s") % {"fact": known[fact].label, "problem": problem}
        ) from None


def _written(text: str) -> str:
    text = text.strip()
    if not text:
        raise QuestionRefusedError(_("Write something first."))
    if len(text) > LONGEST:
        raise QuestionRefusedError(_("Say it in at most %(count)d characters.") % {"count": LONGEST})
    return text


def _proposed(asked: Question) -> dict[str, str]:
    """For the trail: the value that was proposed, as words, for it can be a name."""
    return {"value": json.dumps(asked.value, sort_keys=True, ensure_ascii=False)} if asked.fact else {}


def _tell(name: str, asked: Question, *, at: datetime) -> None:
    emit(
        name,
        subject=asked.request.audit_subject,
        key=f"{name}/{asked.pk}",
        at=at,
        payload={"request": asked.request_id, "question": asked.pk},
        origin=asked.request.audit_subject,
    )
