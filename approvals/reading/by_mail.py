"""What the page of a mail's link shows: the facts as they are, what is another than in the mail, what can be done."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from approvals.links import Link, needs_sign_in
from approvals.models import Decision, Request, Step
from approvals.reading import changed, documents, showing
from approvals.services.routing import votes_for


@dataclass(frozen=True)
class LinkPage:
    request: Request
    title: str
    facts: list[showing.Shown]
    tables: list[showing.Lines]
    differences: list[changed.Difference]  # since the mail
    says: str  # where it stands, when there is nothing to decide by this link
    decides: bool
    signs_in: bool  # it can be decided, after signing in
    undoable: bool
    if_approved: str
    lacks: str  # "Evidence 1 of 2: acceptance missing"


def read(link: Link, at: datetime) -> LinkPage:
    """In the language that is active."""
    request = Request.objects.select_related("snapshot", "unit").get(pk=link.request.pk)
    step = Step.objects.select_related("round", "unit", "claimed_by").get(pk=link.step.pk)
    kind = request.kind
    assert request.snapshot is not None  # asked, so there are facts
    facts = request.snapshot.facts
    waits = request.state == Request.State.PENDING and step.state == Step.State.OPEN
    own = Decision.objects.filter(step=step, person=link.person, void_at__isnull=True).last()
    may = waits and link.notice.used_at is None and bool(votes_for(step, request, link.person, at=at))
    signs_in = needs_sign_in(request)
    undoable = own is not None and link.notice.used_at is not None and request.state == Request.State.SETTLING
    return LinkPage(
        request,
        str(kind.title(facts)),
        showing.facts(kind, facts, request.snapshot.taken_at, at),
        showing.lines(kind, facts),
        changed.between(kind, link.snapshot.facts, facts) if waits else [],
        "" if may else _says(link, request, step, own),
        may and not signs_in,
        may and signs_in,
        undoable,
        str(kind.if_approved(facts)),
        documents.of_facts(kind, facts).short if may else "",
    )


def _says(link: Link, request: Request, step: Step, own: Decision | None) -> str:
    if own is not None and own.verdict == Decision.Verdict.APPROVE:
        return _("You have approved it.")
    if own is not None:
        return _("You have rejected it.")
    if link.notice.used_at is not None and step.state == Step.State.OPEN:
        return _("This link was used already. Sign in to decide anew.")
    other = Decision.objects.filter(step=step, void_at__isnull=True).select_related("person").last()
    if other is not None:
        verdicts = {
            Decision.Verdict.APPROVE: _("%(person)s has already approved it."),
            Decision.Verdict.REJECT: _("%(person)s has already rejected it."),
        }
        return verdicts[Decision.Verdict(other.verdict)] % {"person": other.person}
    if request.state == Request.State.PENDING and step.state == Step.State.OPEN:
        return _("You are not asked about this any more.")
    return _("%(number)s no longer waits for a decision: %(state)s.") % {
        "number": request.number,
        "state": request.get_closed_reason_display() or request.get_state_display(),
    }
