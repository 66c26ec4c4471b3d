"""What became of notices, in words."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

from django.conf import settings
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from cockpit.accounts.models import Person, User
from cockpit.notify.models import Notice
from cockpit.outbox.models import Message
from cockpit.pages import words


@dataclass(frozen=True)
class Told:
    """`failed`: somebody has to look at it."""

    person: Person
    says: str
    failed: bool
    number: str  # of what it is about: "R-12"
    url: str
    title: str = ""  # of what it is about, to whom may see it


def about(subjects: Collection[str], *, at: datetime) -> list[Told]:
    """The last word to each person about each of these; one query."""
    rows = Notice.objects.filter(about__in=subjects).order_by("about", "person_id", "-made_at", "-pk")
    found = rows.distinct("about", "person_id").select_related("person", "message")
    return sorted((told(one, at=at) for one in found), key=lambda one: one.person.name)


def lately(user: User, *, at: datetime, most: int) -> list[Told]:
    """What this person was told last, the newest first, with the titles of what it is about."""
    rows = Notice.objects.filter(person=user.person).select_related("message", "person").order_by("-made_at", "-pk")
    last = list(rows[:most])
    names = _titles(user, {one.origin for one in last})
    return [replace(told(one, at=at), title=names.get(one.origin, "")) for one in last]


def _titles(user: User, origins: Collection[str]) -> dict[str, str]:
    keys: dict[str, set[str]] = defaultdict(set)
    for origin in origins:
        kind, _colon, key = origin.partition(":")
        keys[kind].add(key)
    found: dict[str, str] = {}
    for kind in keys.keys() & settings.SUBJECT_TITLES.keys():
        titles = import_string(settings.SUBJECT_TITLES[kind])(user, keys[kind])
        found |= {f"{kind}:{key}": title for key, title in titles.items()}
    return found


def told(notice: Notice, *, at: datetime) -> Told:
    says, failed = _says(notice, at)
    kind, _colon, key = notice.origin.partition(":")
    url = settings.SUBJECT_URLS.get(kind, "").format(key)
    return Told(notice.person, says, failed, url.strip("/").rpartition("/")[2], url)


def _says(notice: Notice, at: datetime) -> tuple[str, bool]:
    message = notice.message
    if notice.sent_at is not None:
        return _("mailed %(time)s") % {"time": words.moment(notice.sent_at, at)}, False
    if notice.dropped_why:
        lost = notice.dropped_why == Notice.Dropped.NO_ADDRESS
        return _("not mailed: %(why)s") % {"why": notice.get_dropped_why_display()}, lost
    if message is None:
        return _("will be mailed %(time)s") % {"time": words.moment(notice.due_at, at)}, False
    if message.state in (Message.State.DEAD, Message.State.SKIPPED):
        return _("mail failed: %(why)s") % {"why": message.last_error}, True
    if message.last_error:
        return _("mail is tried again: %(why)s") % {"why": message.last_error}, False
    return _("mail is on its way"), False
