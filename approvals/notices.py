"""Who is told what about requests: who is asked, warned, told because time is over, asked back, answered, named, and
who asked, of the outcome. Nobody else. Handlers of events note whom; `letters` writes what they read.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from approvals import letters
from approvals.delegations import Delegation
from approvals.models import Mention, Question, Request, Step
from approvals.services.routing import eligible, votes_for
from cockpit.accounts.models import Person
from cockpit.events.models import Event
from cockpit.notify import tell


def on_asked(event: Event, *, at: datetime) -> None:
    """Once for the same facts, however often the step is passed around or a decision undone."""
    if step := letters.open_step(event.payload["step"]):
        key = f"approvals.asked/{step.pk}/{step.round.request.snapshot_id}"
        _tell(asked_now(step, at=at), event, step.clock_subject, key=key, at=at)


def on_reminded(event: Event, *, at: datetime) -> None:
    if step := letters.open_step(event.payload["step"]):
        _tell(asked_now(step, at=at), event, step.clock_subject, at=at, level=event.payload["level"])


def on_escalated(event: Event, *, at: datetime) -> None:
    said = {name: event.payload[name] for name in ("level", "handed_over")}
    persons = Person.objects.filter(pk__in=event.payload["persons"], active=True)
    _tell(persons, event, f"approvals.step:{event.payload['step']}", at=at, **said)


def on_asked_back(event: Event, *, at: datetime) -> None:
    question = Question.objects.select_related("asked_of").get(pk=event.payload["question"])
    _tell([question.asked_of], event, f"approvals.question:{question.pk}", at=at)


def on_answered(event: Event, *, at: datetime) -> None:
    question = Question.objects.select_related("asked_by").get(pk=event.payload["question"])
    _tell([question.asked_by], event, f"approvals.question:{question.pk}", at=at)


def on_mentioned(event: Event, *, at: datetime) -> None:
    named = Mention.objects.filter(comment=event.payload["comment"], seen_at__isnull=True).select_related("person")
    _tell([one.person for one in named], event, f"approvals.comment:{event.payload['comment']}", at=at)


def on_decided(event: Event, *, at: datetime) -> None:
    """Who asked; a record that was asked about by a rule has nobody who waits for the outcome."""
    request = Request.objects.select_related("requester").get(pk=event.payload["request"])
    if request.requester is not None:
        said = {name: event.payload[name] for name in ("round", "outcome")}
        _tell([request.requester], event, request.audit_subject, at=at, **said)


def asked_now(step: Step, *, at: datetime) -> list[Person]:
    """Everybody whose vote the step may get, and their deputies; where somebody has taken it on, only they."""
    request = step.round.request
    if step.claimed_by is not None:
        return [step.claimed_by]
    may = list(eligible(step, request))
    acting = Delegation.objects.filter(Delegation.in_force(at), delegator__in=may).select_related("deputy__user")
    deputies = [one.deputy for one in acting if votes_for(step, request, one.deputy, at=at)]
    return list(dict.fromkeys([*may, *deputies]))


def _tell(persons: Any, event: Event, about: str, *, at: datetime, key: str = "", **said: Any) -> None:
    for person in persons:
        tell(person, event.name, about=about, key=key or event.key, at=at, origin=event.subject, payload=said)
