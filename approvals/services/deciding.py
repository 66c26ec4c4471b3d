"""One person's verdict, and taking it back."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from approvals import facts as factbook
from approvals.delegations import acting_for
from approvals.models import Decision, Participant, Request, Round, Snapshot, Step
from approvals.services import whole
from approvals.services.attempting import DutyRefusedError, Reason, check_duties, noting_attempts, why_unfit
from approvals.services.refusing import DecisionRefused, NotEntitledError
from approvals.services.routing import (
    asked,
    eligible,
    keep_due,
    lock,
    lock_step,
    may_vote,
    open_next_steps,
    pause_steps,
    put_back_later,
    reopen_step,
    voters,
    votes_for,
)
from approvals.services.turning import overtake
from cockpit.accounts.models import Person
from cockpit.audit import Act, record, record_all, reference
from cockpit.transitions import advance

SETTLING = gettext_noop("decided, can be undone")
CLOCK = "system:clock"


class ReasonMissingError(DecisionRefused):
    sentence = gettext_lazy("Say why you reject it: the requester reads this, and so does the record in Odoo.")  # type: ignore[assignment]


class AlreadyDecidedError(DecisionRefused):
    """Somebody was faster, or the request is closed."""

    def __init__(self, request: Request, decision: Decision | None) -> None:
        self.request, self.decision = request, decision

    @property
    def sentence(self) -> str:  # type: ignore[override]
        if self.decision is None:
            return _("%(number)s no longer waits for a decision: %(state)s.") % {
                "number": self.request.number,
                "state": self.request.get_closed_reason_display() or self.request.get_state_display(),
            }
        words = {
            Decision.Verdict.APPROVE: _("%(person)s has already approved it."),
            Decision.Verdict.REJECT: _("%(person)s has already rejected it."),
        }
        return words[Decision.Verdict(self.decision.verdict)] % {"person": self.decision.person}


class FactsMovedError(DecisionRefused):
    """A material fact is no longer what was on the screen. `differences` are `facts.Moved`."""

    sentence = gettext_lazy("This changed while you had it open. Look at the difference and decide again.")  # type: ignore[assignment]

    def __init__(self, differences: list[factbook.Moved]) -> None:
        self.differences = differences


class TooLateToUndoError(DecisionRefused):
    sentence = gettext_lazy("It is too late to undo: the decision has taken effect.")  # type: ignore[assignment]


@noting_attempts
@transaction.atomic
def decide(
    step_id: int,
    *,
    actor: Person,
    verdict: str,
    snapshot_id: int,
    at: datetime,
    note: str = "",
    for_person: Person | None = None,
) -> Request:
    """Record one person's verdict; when it completes the route, let the request settle.

    `for_person`: whose vote it is, where a deputy presses; left out, one's own if one is asked, else that of the only
    person one acts for. Raises NotEntitledError, ReasonMissingError, FactsMovedError (with the differences) or
    AlreadyDecidedError (somebody was faster, or the request is closed). The decision, its audit entry and its settle
    deadline are one transaction.
    """
    verdict = Decision.Verdict(verdict)
    note = note.strip()
    request, step = lock_step(step_id)
    _check_open(request, step)
    _check_claim(step, actor)
    voter = _voter(request, step, actor, for_person, at=at)
    if verdict == Decision.Verdict.REJECT and not note:
        raise ReasonMissingError
    snapshot = _check_snapshot(request, snapshot_id)
    overtake(step.round, step=step, at=at)
    made = Decision.objects.create(
        step=step,
        round=step.round,
        person=actor,
        effective_person=voter,
        verdict=verdict,
        note=note,
        snapshot=snapshot,
        at=at,
    )
    took_part = [Participant(request=request, person=one, part=Participant.Part.DECIDED) for one in {actor, voter}]
    Participant.objects.bulk_create(took_part, ignore_conflicts=True)
    said = {"decision": made.pk, "step": step.pk, "role": step.role, "verdict": verdict, "snapshot": snapshot.hash}
    if voter != actor:
        said["for"] = reference(voter)
    act = Act(request.audit_subject, "approvals.request.decide", said, {"note": note})
    _count(request, step, verdict, act, at=at, actor=actor)
    return request


@transaction.atomic
def undo(request_id: int, *, actor: Person, at: datetime) -> Request:
    """Take back one's own last decision: while the request settles, or until the next step is decided.

    Raises TooLateToUndoError. Whoever commits first wins: this, or the sweep that lets the decision take effect.
    """
    request = lock(request_id)
    round_ = request.rounds.filter(closed_at__isnull=True).first()
    last = round_.decisions.filter(void_at__isnull=True).select_related("step").last() if round_ else None
    if not request.is_open or round_ is None or last is None or last.person_id != actor.pk:
        raise TooLateToUndoError
    last.void_at, last.void_reason = at, "undone"
    last.save(update_fields=["void_at", "void_reason"])
    if request.state == Request.State.SETTLING:
        advance(request, "undo", actor=actor, at=at, data={"void": [last.pk]}, settles_at=None, outcome="")
        whole.go_on(request, at=at)
    else:
        data = {"step": last.step_id, "void": [last.pk]}
        record(request.audit_subject, "approvals.request.undo", actor=actor, at=at, data=data)
    _put_back(round_, last.step, at=at)
    keep_due(request)
    return request


def _check_open(request: Request, step: Step) -> None:
    if request.state == Request.State.PENDING and step.state == Step.State.OPEN and step.round.closed_at is None:
        return
    by_others = Decision.objects.filter(round__request=request, void_at__isnull=True).select_related("person")
    faster = by_others.filter(step=step).last() or (by_others.last() if request.state != Request.State.CLOSED else None)
    raise AlreadyDecidedError(request, faster)


def _check_claim(step: Step, actor: Person) -> None:
    """Somebody has taken this step on: others take it over first, so that nobody decides past them."""
    if step.claimed_by_id is not None and step.claimed_by_id != actor.pk:
        raise NotEntitledError(
            _("%(person)s has taken this on. Take it over first if you want to decide it.")
            % {"person": step.claimed_by}
        )


def _voter(request: Request, step: Step, actor: Person, for_person: Person | None, *, at: datetime) -> Person:
    """Whose vote it is. Raises NotEntitledError that says why there is none."""
    if for_person in (None, actor) and may_vote(step, request, actor):
        return actor
    may = votes_for(step, request, actor, at=at)
    if for_person is not None:
        if for_person in may:
            return for_person
        _check_kept_apart(request, step, actor, at=at)
        raise NotEntitledError(_("You may not decide this for %(person)s.") % {"person": for_person})
    if may and (may[0] == actor or len(may) == 1):
        return may[0]
    if may:
        raise NotEntitledError(_("You act for more than one person who is asked here. Say for whom you decide."))
    _check_kept_apart(request, step, actor, at=at)
    if step.asked_persons:
        names = ", ".join(Person.objects.filter(pk__in=step.asked_persons).values_list("name", flat=True))
        raise NotEntitledError(_("This step is decided by %(person)s.") % {"person": names})
    raise NotEntitledError(
        _("This step is decided by %(role)s of %(unit)s.") % {"role": step.get_role_display(), "unit": step.unit}
    )


def _check_kept_apart(request: Request, step: Step, actor: Person, *, at: datetime) -> None:
    """Raises DutyRefusedError if a duty, and not only the role, keeps `actor`, or whom they act for, from it."""
    if actor.pk in request.barred_persons:
        raise DutyRefusedError(
            Reason.BARRED, _("You asked for this, wrote it or gain from it, so somebody else must decide.")
        )
    if actor.pk in voters(step):
        raise DutyRefusedError(
            Reason.TWICE, _("You have already decided a step of this request; this one needs another person.")
        )
    delegators = {way.delegator.pk: way.delegator for way in acting_for(actor, at=at)}
    may_be_asked = set(asked(step).filter(pk__in=[actor.pk, *delegators]).values_list("pk", flat=True))
    if may_be_asked:
        check_duties(request, actor, at=at)
    for pk, person in delegators.items():
        if pk in may_be_asked and (reason := why_unfit(request, person, at=at)):
            raise DutyRefusedError(
                reason, _("%(person)s may not decide this, so nobody may for them.") % {"person": person}
            )


def _check_snapshot(request: Request, snapshot_id: int) -> Snapshot:
    """The snapshot that was on the screen, if nothing material has moved since."""
    shown = request.snapshots.filter(pk=snapshot_id).first()
    if shown is not None and shown.pk == request.snapshot_id:
        return shown
    current = request.snapshot
    if shown is None or current is None:
        raise NotEntitledError(_("This form does not belong to this request. Open it again and decide there."))
    if differences := factbook.moved(request.kind, shown.facts, current.facts):
        raise FactsMovedError(differences)
    return shown


def _count(request: Request, step: Step, verdict: str, act: Act, *, at: datetime, actor: Person) -> None:
    """What the verdicts so far mean: enough approvals settle it or ask the next, a rejection that counts ends it."""
    if verdict == Decision.Verdict.REJECT:
        if step.reject != "quorum" or not _reachable(request, step):
            _settle(request, step, Step.State.REJECTED, act, _unanswered(step), outcome="rejected", at=at, actor=actor)
            return
    elif _enough(request, step):
        _complete(request, step, act, at=at, actor=actor)
        return
    record_all([act], actor=actor, at=at)


def lapse(request: Request, step: Step, *, at: datetime) -> None:
    """The step's time is over, and its policy lets it pass by that: nobody voted, and the trail says so."""
    overtake(step.round, step=step, at=at)
    act = Act(request.audit_subject, "approvals.request.lapse", {"step": step.pk})
    _complete(request, step, act, at=at, actor=CLOCK)


def _complete(request: Request, step: Step, act: Act, *, at: datetime, actor: Person | str) -> None:
    """The step is approved: the next is asked, or the request settles."""
    others = _unanswered(step)
    if others:
        record_all([act], actor=actor, at=at)
        pause_steps([step], Step.State.APPROVED, at=at, cause=SETTLING)
        open_next_steps(step.round, at=at)
        return
    _settle(request, step, Step.State.APPROVED, act, others, outcome="approved", at=at, actor=actor)


def _unanswered(step: Step) -> list[Step]:
    """The other steps of its round that are asked or will be."""
    others = step.round.steps.filter(state__in=[Step.State.OPEN, Step.State.WAITING]).exclude(pk=step.pk)
    return list(others)


def _enough(request: Request, step: Step) -> bool:
    """Whether the step is approved, its last decision being an approval."""
    if step.quorum == 1:
        return True
    if step.quorum == 0:
        return not eligible(step, request).exists()
    return _approvals(step) >= step.quorum


def _reachable(request: Request, step: Step) -> bool:
    """Whether the quorum can still be met after a rejection; where everybody must approve it cannot."""
    return step.quorum > 0 and _approvals(step) + eligible(step, request).count() >= step.quorum


def _approvals(step: Step) -> int:
    return step.decisions.filter(void_at__isnull=True, verdict=Decision.Verdict.APPROVE).count()


def _settle(
    request: Request,
    step: Step,
    state: str,
    act: Act,
    others: list[Step],
    *,
    outcome: str,
    at: datetime,
    actor: Person | str,
) -> None:
    """Nobody is asked any more, of `others` either; `act`, which led to it, is recorded before it."""
    pause_steps([step], state, at=at, cause=SETTLING, beside=[request.audit_subject])
    if beside := [other for other in others if other.state == Step.State.OPEN]:
        pause_steps(beside, Step.State.WAITING, at=at, cause=SETTLING)
    advance(
        request, "settle", actor=actor, at=at, locked=True, after=[act], follows={"due_at": None, "asks": []},
        settles_at=at + request.kind.undo_window, outcome=outcome, note=outcome,
    )  # fmt: skip


def _put_back(round_: Round, step: Step, *, at: datetime) -> None:
    """The step is asked again with its clock where it was; what was asked because of the verdict waits again."""
    put_back_later(round_, step.order, cause=gettext_noop("the step before was undone"), at=at)
    if step.state != Step.State.OPEN:
        reopen_step(step, at=at, cause=gettext_noop("undone"))
    for beside in round_.steps.filter(order=step.order, state=Step.State.WAITING, opened_at__isnull=False):
        reopen_step(beside, at=at, cause=gettext_noop("undone"))
