"""The line that follows a decision about: undo while it settles, then what Odoo said."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from approvals.models import Decision, Request
from approvals.reading import page
from cockpit.accounts.models import User

SHOWN_FOR = timedelta(minutes=15)


@dataclass(frozen=True)
class Toast:
    request: Request
    title: str
    more: str
    seconds_left: int
    undoable: bool
    under_way: bool
    token: str


def read(pk: int, user: User, at: datetime) -> Toast | None:
    """None when there is nothing to tell: it was undone, decided by somebody else, or long ago."""
    try:
        shown = page.read(pk, user, at)
    except Request.DoesNotExist:
        return None
    decision, person = shown.decided, getattr(user, "person", None)
    if decision is None or person is None or decision.person_id != person.pk or at - decision.at > SHOWN_FOR:
        return None
    titles = {
        Decision.Verdict.APPROVE: _("Approved %(number)s: %(title)s"),
        Decision.Verdict.REJECT: _("Rejected %(number)s: %(title)s"),
    }
    title = titles[Decision.Verdict(decision.verdict)] % {"number": shown.request.number, "title": shown.request.title}
    settling = shown.request.state == Request.State.SETTLING
    more = _("Takes effect in") if settling else _more(shown)
    return Toast(
        shown.request, title, more, shown.seconds_left if settling else 0, shown.undoable, shown.under_way, shown.token
    )


def _more(shown: page.RequestPage) -> str:
    if shown.answer is not None:
        return shown.answer.sentence
    return (
        _("The next step is asked.")
        if shown.request.state == Request.State.PENDING
        else str(shown.request.get_state_display())
    )
