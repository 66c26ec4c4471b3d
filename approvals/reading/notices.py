"""What must be known before a button is pressed, or why a press changed nothing."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from approvals import facts as factbook
from approvals.models import Decision, Request, Snapshot, Step
from approvals.reading import showing
from approvals.services import AlreadyDecidedError, DecisionRefused, FactsMovedError
from cockpit.accounts.models import User
from cockpit.pages import words


@dataclass(frozen=True)
class Notice:
    """`moved`: label, before and after of what is no longer as it was on the screen."""

    state: str
    text: str
    moved: tuple[dict[str, str], ...] = ()


def notice(problem: DecisionRefused, now: datetime) -> Notice:
    if isinstance(problem, FactsMovedError):
        return Notice("soon", str(problem.sentence), tuple(showing.moved(problem.differences)))
    if isinstance(problem, AlreadyDecidedError) and problem.decision is not None:
        return Notice("soon", _by_another(problem.decision, now))
    return Notice("soon", str(problem.sentence))


def _by_another(decision: Decision, now: datetime) -> str:
    words_for = {
        Decision.Verdict.APPROVE: _(
            "%(person)s was faster: approved at %(time)s. Your decision was not needed and was not taken."
        ),
        Decision.Verdict.REJECT: _("%(person)s was faster: rejected at %(time)s. Your decision was not taken."),
    }
    names = {"person": decision.person, "time": words.moment(decision.at, now, seconds=True)}
    return words_for[Decision.Verdict(decision.verdict)] % names


def moved_since(pk: int, user: User, *, step: int, snapshot: int, at: datetime) -> Notice | None:
    """What a decision on this step and snapshot would run into now; None when nothing. Raises Request.DoesNotExist."""
    request = Request.objects.visible_to(user).select_related("snapshot").get(pk=pk)
    if not Step.objects.decidable_by(user).filter(pk=step, round__request=request).exists():
        decision = (
            Decision.objects.filter(step=step, round__request=request, void_at__isnull=True)
            .select_related("person")
            .last()
        )
        return notice(AlreadyDecidedError(request, decision), at)
    shown = Snapshot.objects.filter(pk=snapshot, request=request).first()
    if shown is None or request.snapshot is None:
        return None
    differences = factbook.moved(request.kind, shown.facts, request.snapshot.facts)
    return notice(FactsMovedError(differences), at) if differences else None
