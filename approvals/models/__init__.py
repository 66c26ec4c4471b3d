"""Requests and the policies that route them. Written by `services` alone."""

from approvals.delegations import Delegation
from approvals.duties import Attempt, DutyPair, GrantReview, Limit
from approvals.handing import HandOver, HandOverItem
from approvals.marks import Comment, CutOff, Mention, Snooze
from approvals.models.decisions import Decision, Participant
from approvals.models.policies import Policy, PolicyRule, PolicyVersion
from approvals.models.requests import Request, RequestQuerySet, Snapshot
from approvals.models.seeing import needing, visible_to, voted_by, votes_of, waiting
from approvals.models.steps import Round, Step, StepQuerySet
from approvals.turns import Question

__all__ = [
    "Attempt",
    "Comment",
    "CutOff",
    "Decision",
    "Delegation",
    "DutyPair",
    "GrantReview",
    "HandOver",
    "HandOverItem",
    "Limit",
    "Mention",
    "Participant",
    "Policy",
    "PolicyRule",
    "PolicyVersion",
    "Question",
    "Request",
    "RequestQuerySet",
    "Round",
    "Snapshot",
    "Snooze",
    "Step",
    "StepQuerySet",
    "needing",
    "visible_to",
    "voted_by",
    "votes_of",
    "waiting",
]
