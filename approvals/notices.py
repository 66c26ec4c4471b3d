"""Who is told what about requests: who is asked, warned, told because time is over, asked back, answered, named, and
who asked, of the outcome. Nobody else.

Handlers of events note whom; the letter is written when it is sent, from what is so then: None sends nothing.
"""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from approvals import links
from approvals.delegations import Delegation
from approvals.models import Request, Step
from approvals.reading import showing
from approvals.services.routing import eligible, votes_for
from cockpit.accounts.models import Person
from cockpit.events.models import Event
from cockpit.notify import Letter, Way, tell
from cockpit.notify.models import Notice
from cockpit.time.words import when_words


def on_asked(event: Event, *, at: datetime) -> None:
    """Everybody whose vote the step may get now, and their deputies; where somebody has taken it on, only they."""
    step = open_step(event.payload["step"])
    if step is None:
        return
    request = step.round.request
    for person in asked_now(step, at=at):  # once for the same facts, however often it is passed around or undone
        key = f"approvals.asked/{step.pk}/{request.snapshot_id}"
        tell(person, "approvals.asked", about=step.clock_subject, key=key, at=at, origin=request.audit_subject)


def asked_now(step: Step, *, at: datetime) -> list[Person]:
    request = step.round.request
    if step.claimed_by is not None:
        return [step.claimed_by]
    may = list(eligible(step, request))
    acting = Delegation.objects.filter(Delegation.in_force(at), delegator__in=may).select_related("deputy__user")
    deputies = [one.deputy for one in acting if votes_for(step, request, one.deputy, at=at)]
    return list(dict.fromkeys([*may, *deputies]))


def asked(notice: Notice, *, at: datetime) -> Letter | None:
    """ "You are asked": true while this person may decide the step."""
    step = open_step(_pk(notice))
    if step is None or not _sees(notice.person, step.round.request):
        return None
    request = step.round.request
    votes = votes_for(step, request, notice.person, at=at)
    if not votes or step.claimed_by_id not in (None, notice.person_id):
        return None
    lead = _("You are asked to decide this.")
    if notice.person not in votes:
        lead = _("You are asked to decide this for %(person)s.") % {"person": votes[0]}
    return _about_step(notice, step, lead, at=at)


def _about_step(notice: Notice, step: Step, lead: str, *, at: datetime) -> Letter:
    request = step.round.request
    assert request.snapshot is not None  # asked, so there are facts
    facts = [(one.label, one.text) for one in showing.facts(request.kind, request.snapshot.facts) if one.text]
    if step.due_at is not None:
        facts.append((_("Due"), when_words(step.due_at, at, timezone.get_current_timezone_name())))
    ways = [Way(_("Open it in the cockpit"), page_of(request))]
    foot = _("It is above the limit for deciding from a mail, so deciding it needs your sign-in.")
    if not links.needs_sign_in(request):
        ways.insert(0, Way(_("Look and decide"), links.address(notice, step, request.snapshot.pk)))
        foot = _("The link is yours alone and ends after %(days)d days: don’t pass this mail on.") % {
            "days": settings.LINK_DAYS
        }
    return Letter(_subject(request), lead, tuple(facts), tuple(ways), foot=foot)


def open_step(pk: int) -> Step | None:
    """The step, if it still waits for a decision."""
    found = Step.objects.select_related("round__request__unit", "round__request__snapshot", "unit", "claimed_by__user")
    step = found.filter(pk=pk, state=Step.State.OPEN, round__closed_at__isnull=True).first()
    return step if step is not None and step.round.request.state == Request.State.PENDING else None


def page_of(request: Request) -> str:
    return settings.PUBLIC_URL + reverse("request", args=[request.pk])


def _subject(request: Request) -> str:
    facts = request.snapshot.facts if request.snapshot else {}
    return f"{request.number} {request.kind.title(facts)}"


def _sees(person: Person, request: Request) -> bool:
    return person.user is not None and Request.objects.visible_to(person.user).filter(pk=request.pk).exists()


def _pk(notice: Notice) -> int:
    return int(notice.about.rpartition(":")[2])
