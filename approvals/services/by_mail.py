"""Deciding by the link of a mail: as by the page, once for each link, and the trail says by which way."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from approvals import links
from approvals.models import Decision, Request
from approvals.services.attempting import noting_attempts
from approvals.services.deciding import decide, undo
from approvals.services.refusing import NotEntitledError
from cockpit.accounts.models import Person
from cockpit.audit import record
from cockpit.notify.models import Notice


@noting_attempts
@transaction.atomic
def decide_by_mail(
    step_id: int, *, actor: Person, at: datetime, link: links.Link, verdict: str, snapshot_id: int, note: str = ""
) -> Request:
    """What `decide` does, for who holds the link. Raises what it raises, and NotEntitledError for a link that was used
    or where a sign-in is needed.
    """
    request = decide(step_id, actor=actor, verdict=verdict, snapshot_id=snapshot_id, at=at, note=note)
    if links.needs_sign_in(request):
        raise NotEntitledError(_("This is too much to be decided from a mail. Sign in and decide it there."))
    if not Notice.objects.filter(pk=link.notice.pk, used_at__isnull=True).update(used_at=at):
        raise NotEntitledError(_("This link was used already. Sign in to decide anew."))
    record(request.audit_subject, "approvals.request.by_mail", actor=actor, at=at, data={"step": step_id})
    return request


def undo_by_mail(link: links.Link, *, at: datetime) -> Request:
    """Take back what this link decided. Raises TooLateToUndoError."""
    made = Decision.objects.filter(step=link.step, person=link.person, void_at__isnull=True)
    if link.notice.used_at is None or not made.exists():
        raise NotEntitledError(_("Nothing was decided by this link, so there is nothing to undo."))
    return undo(link.request.pk, actor=link.person, at=at)
