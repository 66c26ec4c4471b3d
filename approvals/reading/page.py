"""The request page: everything one needs to decide, read in a fixed number of queries."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from approvals.kinds import Change, Ending, Facts
from approvals.models import Decision, Request, Round, Step
from approvals.reading import asked as asking
from approvals.reading import changed, cost, documents, effects, endings, offers, precedent, rounds, showing, timing
from approvals.reading.path import Stage, stages
from approvals.reading.queue import snooze_words
from approvals.reading.timeline import Happening, timeline
from approvals.reading.why import Why, reasons
from approvals.services import attempting
from cockpit import outbox
from cockpit.accounts.models import Person, User
from cockpit.exception_queue.models import Case
from cockpit.notify import delivered
from cockpit.pages import words
from cockpit.time.ledger import Line
from cockpit.time.models import Clock
from cockpit.time.words import duration_words


@dataclass(frozen=True)
class Spent:
    """What a clock has counted so far, a step's or the whole request's, what it does just now, and its ledger."""

    label: str
    words: str
    now: str
    lines: list[Line]


@dataclass
class RequestPage:
    request: Request
    step: Step | None  # the one that this user may decide now
    decisions: list[Decision]
    timer: timing.Timer | None
    facts: list[showing.Shown]
    tables: list[showing.Lines]
    link: showing.Link | None
    title: str  # in the reader's language; the stored one is what lists search
    if_approved: str
    if_rejected: str
    undo_words: str
    changes: list[Change]
    why: Why
    why_you: str  # for whoever may decide it
    why_not: str  # for those who see it but may not decide it
    path: list[Stage]
    spent: list[Spent]
    timeline: list[Happening]
    answer: effects.Answer | None
    undo_by: datetime | None  # until when this user may take the decision back
    undoable: bool
    under_way: bool  # something outside is still to happen: the page asks again
    token: str  # changes whenever the page would look different
    seconds_left: int = 0
    delay: cost.Delay | None = None
    evidence: documents.Evidence = documents.NOTHING
    snooze: str = ""  # until when this user does not see it in the list
    snoozable: bool = False
    talks: bool = False  # may this user comment?
    changed: str = ""  # what of it changed last since it was first asked, while it is still to be decided
    ending: Ending | None = None  # what Odoo did with it instead of waiting for the decision
    case: Case | None = None  # about that, if this user may see it
    as_of: str = ""  # when the dated facts were read
    acts: offers.Offers = offers.NONE
    earlier: list[rounds.Earlier] = field(default_factory=list)
    precedent: precedent.Precedent | None = None
    purged: str = ""  # what was said is gone, and why
    told: list[delivered.Told] = field(default_factory=list)  # who was told of what is asked now

    @property
    def state_chip(self) -> dict[str, str] | None:
        """The state in a word; nothing while it waits, for then the time left stands there."""
        if self.request.state == Request.State.PENDING:
            return None
        if self.ending is not None:
            return {"text": str(self.ending.short), "state": self.ending.state}
        in_effect = self.request.state == Request.State.APPROVED and (self.answer is None or self.answer.state == "ok")
        state = "ok" if in_effect else "soon" if self.request.state == Request.State.SETTLING else ""
        return {"text": str(self.request.get_state_display()), "state": state}

    @property
    def verdict(self) -> str:
        """Who decided what, in a sentence."""
        if self.decided is None:
            return ""
        words_for = {
            Decision.Verdict.APPROVE: _("%(who)s approved it."),
            Decision.Verdict.REJECT: _("%(who)s rejected it."),
        }
        return words_for[Decision.Verdict(self.decided.verdict)] % {"who": self.decided.person}

    @property
    def decided(self) -> Decision | None:
        return self.decisions[-1] if self.decisions else None


@dataclass(frozen=True)
class Found:
    """The rows that the page is made of."""

    request: Request
    rounds: list[Round]
    steps: list[Step]  # of the latest round
    every_decision: list[Decision]  # of all rounds, also what does not count
    decisions: list[Decision]
    step: Step | None  # the one that this user may decide now
    timers: dict[int, timing.Timer]
    every: list[outbox.Standing]  # of all rounds
    standings: list[outbox.Standing]  # of the latest
    person: Person | None
    at: datetime

    @property
    def facts(self) -> Facts:
        return self.request.snapshot.facts if self.request.snapshot else {}

    @property
    def asked(self) -> Step | None:
        """The step that the page speaks about."""
        first_open = next((one for one in self.steps if one.state == Step.State.OPEN), None)
        return self.step or first_open or (self.steps[-1] if self.steps else None)


def read(pk: int, user: User, at: datetime) -> RequestPage:
    """Raises Request.DoesNotExist for a request that `user` may not see: to them there is none."""
    found = _find(pk, user, at)
    whom = asking.holders(found.steps)
    paused = any(timer.state == "paused" for timer in found.timers.values())
    acts = offers.read(found.request, found.step, found.steps, found.decisions, whom, user, at, paused=paused)
    return RequestPage(
        request=found.request,
        step=found.step,
        decisions=found.decisions,
        acts=acts,
        path=stages(found, whom, _answer(found.request, found.standings, at)),
        **_of_facts(found),
        **_of_people(found, acts, user),
        **_of_time(found),
        **_of_effects(found, user),
    )


def _of_facts(found: Found) -> dict[str, Any]:
    """What the page says of the record, and what a yes would do."""
    request, kind, facts, at = found.request, found.request.kind, found.facts, found.at
    taken_at = request.snapshot.taken_at if request.snapshot else None
    return {
        "facts": showing.facts(kind, facts, taken_at, at),
        "tables": showing.lines(kind, facts),
        "link": showing.link(kind, facts),
        "title": str(kind.title(facts)) if facts else _called(request),
        "if_approved": str(kind.if_approved(facts)) if facts else "",
        "if_rejected": str(kind.if_rejected(facts)) if facts else "",
        "undo_words": _undo_words(request),
        "changes": [change for change in kind.changes(facts) if change.before != change.after] if facts else [],
        "delay": cost.delay(request, facts),
        "evidence": documents.evidence(request) if facts else documents.NOTHING,
        "purged": _purged(request),
        "as_of": words.moment(taken_at, at) if taken_at else "",
    }


def _of_people(found: Found, acts: offers.Offers, user: User) -> dict[str, Any]:
    """Who is asked, and what this reader has to do with it."""
    request, person, pending = found.request, found.person, found.request.state == Request.State.PENDING
    open_steps = [step.clock_subject for step in found.steps if step.state == Step.State.OPEN]
    return {
        "told": delivered.about(open_steps, at=found.at) if pending and open_steps else [],
        "why": _why(request, found.facts, found.asked) if found.facts else Why("", ()),
        "why_you": _why_you(request, found.step, acts),
        "why_not": _why_not(request, found, found.at) if found.step is None and pending else "",
        "undoable": _undoable(request, person, found.decisions),
        "snooze": _snooze(request, person, found.at),
        "snoozable": pending and person is not None and _in_time(found),
        "talks": person is not None and not request.purged_at,
        "precedent": precedent.read(request, user, found.at) if pending else None,
    }


def _of_time(found: Found) -> dict[str, Any]:
    """Its clocks, and what has happened to it."""
    request, at, snapshots = found.request, found.at, list(found.request.snapshots.all())
    return {
        "timer": _timer(found.asked, found.timers) if request.state == Request.State.PENDING else None,
        "spent": _spent(request, found.steps, at),
        "undo_by": request.settles_at,
        "seconds_left": max(0, round((request.settles_at - at).total_seconds())) if request.settles_at else 0,
        "timeline": timeline(request, found.every, snapshots),
        "changed": changed.latest(request.kind, snapshots, at) if request.is_open else "",
        "earlier": rounds.earlier(request, found.rounds, found.every_decision, snapshots),
        "token": token(request, found.steps, found.standings),
    }


def _of_effects(found: Found, user: User) -> dict[str, Any]:
    """What became of it outside."""
    request = found.request
    ending = endings.of([request]).get(request.pk)
    return {
        "answer": _answer(request, found.standings, found.at),
        "under_way": _under_way(request, found.standings, found.at),
        "ending": ending,
        "case": endings.case(ending, user),
    }


def _find(pk: int, user: User, at: datetime) -> Found:
    request = (
        Request.objects.visible_to(user).select_related("version__policy", "unit", "snapshot", "requester").get(pk=pk)
    )
    passes = list(request.rounds.order_by("number").defer("route"))
    round_ = passes[-1] if passes else None
    steps, decisions, step = [], [], None
    every_decision = list(
        Decision.objects.filter(round__in=passes).select_related("person", "effective_person", "step", "snapshot")
    )
    if round_:
        steps = list(round_.steps.select_related("unit", "claimed_by", "added_by"))
        decisions = [one for one in every_decision if one.round_id == round_.pk and one.void_at is None]
    if round_ and request.is_open:
        step = (
            Step.objects.decidable_by(user)
            .filter(round=round_)
            .select_related("unit", "claimed_by", "added_by")
            .first()
        )
    every = [] if request.purged_at else outbox.status(request.audit_subject)
    standings = effects.of_round(every, f"{request.number}/{round_.number}") if round_ else []
    person = getattr(user, "person", None)
    return Found(
        request, passes, steps, every_decision, decisions, step, timing.timers(steps, at), every, standings, person, at
    )


def _why(request: Request, facts: Facts, asked: Step | None) -> Why:
    table, unit_ids = request.version.table(), tuple(request.unit.ancestor_ids)
    return reasons(request.kind, table, str(request.version), facts, unit_ids, asked.role if asked else "")


def _purged(request: Request) -> str:
    if request.purged_at is None:
        return ""
    return _("What was said here was removed on %(day)s: it was kept for %(count)d days after the end. %(stays)s") % {
        "day": words.day(timezone.localdate(request.purged_at)),
        "count": request.kind.retention.days,
        "stays": _("Who decided what, when and under which policy stays, and can be proven."),
    }


def _called(request: Request) -> str:
    return str(request.kind.label) if request.purged_at else request.title


def _snooze(request: Request, person: Person | None, at: datetime) -> str:
    """Until when this reader does not see it in the list, in words; empty when it stands there."""
    if person is None or not request.is_open:
        return ""
    asleep = request.snoozes.filter(person=person, woke_at__isnull=True).first()
    if asleep is None or (asleep.wakes_at is not None and asleep.wakes_at <= at):
        return ""
    return snooze_words(asleep, at)


def _in_time(found: Found) -> bool:
    """Is none of its running clocks nearly due? The service decides; this says whether to offer it."""
    timers = [
        found.timers[step.pk] for step in found.steps if step.state == Step.State.OPEN and step.pk in found.timers
    ]
    return all(timer.state not in {"soon", "late"} for timer in timers)


def token(request: Request, steps: list[Step], standings: list[outbox.Standing]) -> str:
    """Short, and another one whenever something on the page has moved."""
    parts = [request.state, request.outcome, request.snapshot_id, request.settles_at]
    parts += [f"{step.pk}{step.state}{step.claimed_by_id}{step.asked_persons}" for step in steps]
    parts += [f"{one.message_id}{one.kind}{one.reason}{one.since}" for one in standings]
    return hashlib.sha256("|".join(map(str, parts)).encode()).hexdigest()[:16]


def _timer(step: Step | None, timers: dict[int, timing.Timer]) -> timing.Timer | None:
    return timers.get(step.pk) if step else None


def _undo_words(request: Request) -> str:
    seconds = int(request.kind.undo_window.total_seconds())
    return _("You can undo for %(count)d seconds.") % {"count": seconds} if seconds else ""


def _why_you(request: Request, step: Step | None, acts: offers.Offers) -> str:
    if step is None:
        return ""
    delegators = [vote.person for vote in acts.acting]
    return asking.why_you(request, step, own=any(vote.own for vote in acts.votes), delegators=delegators)


def _why_not(request: Request, found: Found, at: datetime) -> str:
    person = found.person
    if person is None:
        return _("Your sign-in belongs to no person yet, so you cannot decide.")
    if person.pk in request.barred_persons:
        return _("You asked for this, wrote it or gain from it, so somebody else decides.")
    if any(decision.effective_person_id == person.pk for decision in found.decisions):
        return _("You have decided your part; it needs another person too.")
    if found.asked is not None and (said := attempting.kept_apart(request, found.asked, person, at=at)):
        return said
    return _("You can see it, but deciding it belongs to the role named here.")


def _undoable(request: Request, person: Person | None, decisions: list[Decision]) -> bool:
    """The service decides; this only says whether to show the button."""
    return request.is_open and person is not None and bool(decisions) and decisions[-1].person_id == person.pk


def _under_way(request: Request, standings: list[outbox.Standing], at: datetime) -> bool:
    if request.state == Request.State.SETTLING or effects.pending(standings):
        return True
    just_now = request.closed_at is not None and (at - request.closed_at).total_seconds() < 60
    return (
        bool(request.kind.effects)
        and not standings
        and just_now
        and request.state in {Request.State.APPROVED, Request.State.REJECTED}
    )


def _answer(request: Request, standings: list[outbox.Standing], at: datetime) -> effects.Answer | None:
    if request.state not in {Request.State.APPROVED, Request.State.REJECTED}:
        return None
    return effects.answer(request.kind, standings, at)


def _spent(request: Request, steps: list[Step], at: datetime) -> list[Spent]:
    """One clock per step, a further one where it was handed over; that of the whole request where it says more."""
    labels = {step.clock_subject: step.get_role_display() for step in steps if step.opened_at}
    labels[request.audit_subject] = _("In all")
    clocks = Clock.objects.filter(subject__in=labels).order_by("started_at", "pk")
    found = [_account(labels[clock.subject], clock, at) for clock in clocks]
    found.sort(key=lambda spent: spent.label == labels[request.audit_subject])
    counted = [(spent.words, [(line.kind, line.seconds) for line in spent.lines]) for spent in found]
    return found[:1] if len(found) == 2 and counted[0] == counted[1] else found


def _account(label: str, clock: Clock, at: datetime) -> Spent:
    until = clock.stopped_at or at
    lines = timing.account(clock, until)
    used = duration_words(sum(line.seconds for line in lines))
    text = _("%(used)s of %(goal)s of business time used") % {"used": used, "goal": duration_words(clock.goal_s)}
    return Spent(label, text, timing.now(clock, at), lines)
