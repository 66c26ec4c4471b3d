"""What people read when they are told: written when it is sent, from what is so then. None: it is no longer true."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from approvals import links
from approvals.models import Decision, Mention, Question, Request, Step
from approvals.reading import showing
from approvals.services.routing import votes_for
from cockpit.accounts.models import Person
from cockpit.notify import Letter, Way
from cockpit.notify.models import Notice
from cockpit.time.words import when_words


def asked(notice: Notice, *, at: datetime) -> Letter | None:
    """True while this person may decide the step, and nobody else has taken it on."""
    step = open_step(_pk(notice.about))
    votes = _votes(step, notice.person, at=at)
    if step is None or not votes:
        return None
    return _to_decide(notice, step, votes, _("You are asked to decide this."), at=at)


def reminded(notice: Notice, *, at: datetime) -> Letter | None:
    """True until the next level is reached or the step handed over: a digest holds the last one alone, and whoever
    takes over is not warned of a time that was another's.
    """
    step, level = open_step(_pk(notice.about)), notice.payload["level"]
    votes = _votes(step, notice.person, at=at)
    if step is None or not votes or step.climbed != level:
        return None
    lead = _("%(level)d %% of the time for this decision is used.") % {"level": level}
    if level >= 100:
        lead = _("The time for this decision is over, and it still waits for you.")
    return _to_decide(notice, step, votes, lead, at=at)


def escalated(notice: Notice, *, at: datetime) -> Letter | None:
    """Whoever is to decide it now, because the time was over, or is only told that it was."""
    step = open_step(_pk(notice.about))
    if step is None or not _sees(notice.person, step.round.request):
        return None
    if votes := _votes(step, notice.person, at=at):
        lead = _("The time of those who were asked is over: you are asked to decide this now.")
        return _to_decide(notice, step, votes, lead, at=at)
    if notice.payload.get("handed_over"):
        return None
    names = ", ".join(Person.objects.filter(pk__in=step.asked_persons).values_list("name", flat=True))
    lead = _("%(who)s has used %(level)d %% of the time for this decision. You are told, so that you can help.") % {
        "who": names or f"{step.get_role_display()}, {step.unit}",
        "level": notice.payload["level"],
    }
    return _about(step.round.request, lead, due_at=step.due_at, at=at)


def asked_back(notice: Notice, *, at: datetime) -> Letter | None:
    """True while the question is open."""
    question = _question(notice)
    if question is None or not question.is_open:
        return None
    lead = _("%(person)s wants to know something before deciding; the clock waits for your answer.") % {
        "person": question.asked_by
    }
    if question.fact:
        lead = _("%(person)s proposes a change; the clock waits for your yes or no.") % {"person": question.asked_by}
    return _about(question.request, lead, quote=question.text, at=at)


def answered(notice: Notice, *, at: datetime) -> Letter | None:
    """True while the step still waits."""
    question = _question(notice)
    if question is None or question.ended != Question.Ended.ANSWERED or open_step(question.step_id) is None:
        return None
    leads = {
        None: _("%(person)s answered your question; the clock runs on."),
        True: _("%(person)s agrees to the change that you proposed."),
        False: _("%(person)s does not agree to the change that you proposed."),
    }
    return _about(
        question.request, leads[question.accepted] % {"person": question.ended_by}, quote=question.answer, at=at
    )


def mentioned(notice: Notice, *, at: datetime) -> Letter | None:
    """True until they have looked."""
    found = Mention.objects.filter(comment=_pk(notice.about), person=notice.person_id, seen_at__isnull=True)
    mention = found.select_related("comment__author", "request__snapshot", "request__unit").first()
    if mention is None or not _sees(notice.person, mention.request):
        return None
    lead = _("%(person)s names you in a comment.") % {"person": mention.comment.author}
    return _about(mention.request, lead, quote=mention.comment.text, at=at)


def decided(notice: Notice, *, at: datetime) -> Letter | None:
    """True unless it was asked anew since."""
    request = Request.objects.select_related("snapshot", "unit").get(pk=_pk(notice.about))
    if request.state != notice.payload["outcome"] or not _sees(notice.person, request):
        return None
    votes = Decision.objects.filter(round=notice.payload["round"], void_at__isnull=True).select_related("person")
    names = ", ".join(dict.fromkeys(vote.person.name for vote in votes))
    lead = _("What you asked for is approved, by %(persons)s.") % {"persons": names}
    quote = ""
    if request.state == Request.State.REJECTED:
        lead = _("What you asked for is rejected, by %(persons)s.") % {"persons": names}
        quote = "\n".join(vote.note for vote in votes if vote.verdict == Decision.Verdict.REJECT)
    return _about(request, lead, quote=quote, at=at)


def open_step(pk: int) -> Step | None:
    """The step, if it still waits for a decision."""
    found = Step.objects.select_related("round__request__unit", "round__request__snapshot", "unit", "claimed_by__user")
    step = found.filter(pk=pk, state=Step.State.OPEN, round__closed_at__isnull=True).first()
    return step if step is not None and step.round.request.state == Request.State.PENDING else None


def _to_decide(notice: Notice, step: Step, votes: list[Person], lead: str, *, at: datetime) -> Letter:
    """A letter from which one can decide, where it is small enough."""
    request = step.round.request
    assert request.snapshot is not None  # asked, so there are facts
    if notice.person not in votes:
        lead += " " + _("You decide it for %(person)s.") % {"person": votes[0]}
    if links.needs_sign_in(request):
        foot = _("It is above the limit for deciding from a mail, so deciding it needs your sign-in.")
        return _about(request, lead, due_at=step.due_at, foot=foot, at=at)
    way = Way(_("Look and decide"), links.address(notice, step, request.snapshot.pk))
    foot = _("The link is yours alone and ends after %(days)d days: don’t pass this mail on.") % {
        "days": settings.LINK_DAYS
    }
    return _about(request, lead, due_at=step.due_at, ways=(way,), foot=foot, at=at)


def _about(
    request: Request,
    lead: str,
    *,
    at: datetime,
    due_at: datetime | None = None,
    quote: str = "",
    ways: tuple[Way, ...] = (),
    foot: str = "",
) -> Letter:
    values = request.snapshot.facts if request.snapshot else {}
    facts = [(one.label, one.text) for one in showing.facts(request.kind, values) if one.text]
    if due_at is not None:
        facts.append((_("Due"), when_words(due_at, at, timezone.get_current_timezone_name())))
    page = Way(_("Open it in the cockpit"), settings.PUBLIC_URL + reverse("request", args=[request.pk]))
    title = f"{request.number} {request.kind.title(values)}"
    return Letter(title, lead, tuple(facts), (*ways, page), quote=quote, foot=foot)


def _votes(step: Step | None, person: Person, *, at: datetime) -> list[Person]:
    """Whose votes this person may cast there; none where somebody else has taken it on, or they may not see it."""
    if step is None or step.claimed_by_id not in (None, person.pk) or not _sees(person, step.round.request):
        return []
    return votes_for(step, step.round.request, person, at=at)


def _question(notice: Notice) -> Question | None:
    found = Question.objects.select_related("asked_by", "ended_by", "request__snapshot", "request__unit")
    question = found.filter(pk=_pk(notice.about)).first()
    return question if question is not None and _sees(notice.person, question.request) else None


def _sees(person: Person, request: Request) -> bool:
    return person.user is not None and Request.objects.visible_to(person.user).filter(pk=request.pk).exists()


def _pk(about: str) -> int:
    return int(about.rpartition(":")[2])
