"""Requests as the API's schemas have them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse

from approvals.models import Comment, Decision, Request, Step
from cockpit.accounts.models import User


def row(request: Request) -> dict[str, Any]:
    """With its unit at hand: no query."""
    money = None
    if request.amount is not None:
        money = {"amount": request.amount, "currency": request.currency}
    return {
        "number": request.number,
        "kind": request.kind_key,
        "title": request.title,
        "state": request.state,
        "outcome": request.outcome,
        "closed_reason": request.closed_reason,
        "unit": request.unit.name,
        "client": request.client_name,
        "record": request.record_name,
        "money": money,
        "asked_at": request.asked_at,
        "due_at": request.due_at,
        "settles_at": request.settles_at,
        "closed_at": request.closed_at,
        "url": settings.PUBLIC_URL + reverse("request", args=[request.pk]),
    }


def whole(request: Request, user: User, at: datetime) -> dict[str, Any]:
    """One request with its latest round. Six queries."""
    round_ = request.rounds.defer("route").order_by("-number").first()
    steps = list(Step.objects.filter(round=round_).select_related("unit").order_by("order", "pk")) if round_ else []
    mine = (
        set(Step.objects.decidable_by(user, at).filter(round=round_).values_list("pk", flat=True)) if steps else set()
    )
    decisions = Decision.objects.filter(round=round_).select_related("person", "effective_person").order_by("at", "pk")
    comments = Comment.objects.filter(request=request).select_related("author").order_by("at", "pk")
    return row(request) | {
        "requester": request.requester.name if request.requester else None,
        "snapshot": request.snapshot_id,
        "facts": request.snapshot.facts if request.snapshot else {},
        "steps": [_step(step, mine) for step in steps],
        "decisions": [_decision(one) for one in decisions],
        "comments": _comments(list(comments)),
    }


def _step(step: Step, mine: set[int]) -> dict[str, Any]:
    return {
        "id": step.pk,
        "asks": step.role,
        "unit": step.unit.name,
        "order": step.order,
        "state": step.state,
        "quorum": step.quorum,
        "due_at": step.due_at,
        "yours": step.pk in mine,
    }


def _decision(one: Decision) -> dict[str, Any]:
    other = one.effective_person if one.effective_person_id != one.person_id else None
    return {
        "step": one.step_id,
        "verdict": one.verdict,
        "by": one.person.name,
        "on_behalf_of": other.name if other else None,
        "note": one.note,
        "at": one.at,
        "valid": one.void_at is None,
    }


def _comments(rows: Sequence[Comment]) -> list[dict[str, Any]]:
    return [{"by": one.author.name, "text": one.text, "at": one.at} for one in rows]
