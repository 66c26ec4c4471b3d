"""Links in mails: signed, ending, for one person, one step and the facts that the mail showed. A link opens a page;
only what is pressed there decides.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.urls import reverse
from django.utils.translation import gettext as _

from approvals.models import Request, Snapshot, Step
from cockpit.accounts.models import Person
from cockpit.notify.models import Notice

SALT = "approvals.links"


class LinkError(Exception):
    """The link opens nothing. The text says why and what to do; `status` is HTTP's."""

    def __init__(self, sentence: str, status: int) -> None:
        super().__init__(sentence)
        self.sentence, self.status = sentence, status


@dataclass(frozen=True)
class Link:
    """What a link stands for: `snapshot` is what its mail showed."""

    notice: Notice
    person: Person
    step: Step
    snapshot: Snapshot

    @property
    def request(self) -> Request:
        return self.step.round.request


def address(notice: Notice, step: Step, snapshot_id: int) -> str:
    """Where this person can decide this step without signing in."""
    data = [notice.pk, notice.person_id, step.pk, snapshot_id]
    return settings.PUBLIC_URL + reverse("by_mail", args=[signing.dumps(data, salt=SALT)])


def read(token: str, reader: Person | None) -> Link:
    """`reader`: who is signed in, if anybody. Raises LinkError for what is made up, over, or somebody else's."""
    try:
        data = signing.loads(token, salt=SALT, max_age=timedelta(days=settings.LINK_DAYS))
        notice_id, person_id, step_id, snapshot_id = (int(part) for part in data)
    except signing.SignatureExpired:
        raise LinkError(
            _("This link is older than %(days)d days. Sign in to see what waits for you.")
            % {"days": settings.LINK_DAYS},
            410,
        ) from None
    except (signing.BadSignature, TypeError, ValueError):
        raise LinkError(
            _("This link is not whole, or not ours. Open it again from the mail, or sign in."), 404
        ) from None
    notice = Notice.objects.select_related("person__user").filter(pk=notice_id, person=person_id).first()
    step = Step.objects.select_related("round__request__unit", "unit").filter(pk=step_id).first()
    snapshot = Snapshot.objects.filter(pk=snapshot_id).first()
    if notice is None or step is None or snapshot is None or snapshot.request_id != step.round.request_id:
        raise LinkError(_("What this link was about is not here any more."), 410)
    if reader is not None and reader != notice.person:
        raise LinkError(
            _("This link was sent to somebody else, and you are signed in as %(person)s. Sign out first, or ask them.")
            % {"person": reader},
            403,
        )
    user = notice.person.user
    if not notice.person.active or user is None or not user.is_active:
        raise LinkError(_("This sign-in was closed, so its links open nothing any more."), 403)
    return Link(notice, notice.person, step, snapshot)


def needs_sign_in(request: Request) -> bool:
    """Whether this is too much to be decided from a mail: above its kind's limit, or nobody knows how much it is.

    What has no amount needs a sign-in unless its kind is named in the settings.
    """
    limit = settings.LINK_LIMITS.get(request.kind_key)
    if request.amount is None:
        return limit is None
    if limit is None:
        limit = settings.LINK_LIMIT
    return request.amount_reporting > limit or not request.rate_known
