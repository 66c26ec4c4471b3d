"""Noting that somebody is to be told, and putting what is due into the outbox."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from cockpit import outbox
from cockpit.accounts.models import Person
from cockpit.notify import chats, times
from cockpit.notify.models import Notice, Preference
from cockpit.pages.middleware import zone_named
from cockpit.time.calendar import CalendarError, WorkingTime
from cockpit.time.definition import compiled
from cockpit.time.versions import definitions

MAIL = "mail"  # the destination: one breaker for the mail server
FLOOD = 5  # mails at once to one person; what comes more waits to be one mail
FLOOD_WITHIN = timedelta(minutes=10)


class NoticeError(ValueError):
    """The notice cannot be made as asked; the message says why."""


@transaction.atomic
def tell(
    person: Person,
    what: str,
    *,
    about: str,
    key: str,
    at: datetime,
    origin: str = "",
    payload: dict[str, Any] | None = None,
) -> Notice | None:
    """Have `person` told, in the caller's transaction; None when they were told under this `key` already, or will be.

    `what` is a name in settings.NOTICES: what is wired there is asked for the words when it is sent, and whether it is
    still true. What was dropped under this key because it was over, and is true again, is told now.
    """
    if what not in settings.NOTICES:
        raise NoticeError(f"No notice {what!r} in settings.NOTICES; there are {', '.join(sorted(settings.NOTICES))}.")
    notice, new = Notice.objects.get_or_create(
        key=f"{key}/{person.pk}",
        defaults={
            "person": person, "what": what, "about": about, "origin": origin, "payload": payload or {},
            "made_at": at, "due_at": at,
        },
    )  # fmt: skip
    if not new:
        again = Notice.objects.filter(pk=notice.pk, dropped_why=Notice.Dropped.OVER)
        if not again.update(dropped_at=None, dropped_why="", message=None, made_at=at):
            return None
        notice.refresh_from_db()
    if why := _untold(person):
        notice.dropped_at, notice.dropped_why = at, why
    else:
        notice.due_at = _due(person, notice, at=at)
    notice.save(update_fields=["due_at", "dropped_at", "dropped_why"])
    if not notice.dropped_why and notice.due_at <= at:
        _put([notice], at=at)
    return notice


def send_due(at: datetime, limit: int = 500) -> int:
    """Put what has waited for its time into the outbox, one mail for each person; how many. Safe in many places."""
    persons = _waiting().filter(due_at__lte=at).order_by().values_list("person", flat=True).distinct()[:limit]
    return sum(_send_due_to(person, at=at) for person in persons)


@transaction.atomic
def _send_due_to(person_id: int, *, at: datetime) -> bool:
    waiting = _waiting().filter(person=person_id, due_at__lte=at).order_by("made_at", "pk")
    notices = list(waiting.select_for_update(skip_locked=True, of=("self",)))
    if notices:
        _put(notices, at=at)
    return bool(notices)


@transaction.atomic
def prefer(preference: Preference, *, at: datetime) -> None:
    """Keep how somebody wants to be told. It holds for what waits to be told already, too."""
    preference.save()
    person = preference.person
    for notice in _waiting().filter(person=person).select_for_update(of=("self",)):
        if why := _untold(person):
            notice.dropped_at, notice.dropped_why = at, why
        notice.due_at = _due(person, notice, at=at)
        notice.save(update_fields=["due_at", "dropped_at", "dropped_why"])


def preference_of(person: Person) -> Preference:
    """Theirs, or what holds where they have chosen nothing."""
    return Preference.objects.filter(person=person).first() or Preference(person=person)


def language_of(person: Person) -> str:
    return preference_of(person).language or settings.LANGUAGE_CODE


def address_of(person: Person) -> str:
    return person.email or (person.user.email if person.user else "")


def _waiting() -> QuerySet[Notice]:
    return Notice.objects.filter(sent_at__isnull=True, dropped_at__isnull=True, message__isnull=True)


def _untold(person: Person) -> str:
    """Why this person is told nothing by mail; empty when they are."""
    if preference_of(person).rhythm == times.Rhythm.OFF:
        return Notice.Dropped.OFF
    return "" if address_of(person) else Notice.Dropped.NO_ADDRESS


def _due(person: Person, notice: Notice, *, at: datetime) -> datetime:
    """When it suits them; where many come at once, the later ones wait to be one mail."""
    wish = preference_of(person).wish
    when = times.due(wish, at, zone=zone_named(person.time_zone), working=_working_time(person))
    if wish.rhythm == times.Rhythm.AT_ONCE and when <= at:
        others = Notice.objects.filter(person=person, dropped_at__isnull=True).exclude(pk=notice.pk)
        if first := _waiting().filter(person=person, due_at__gt=at).exclude(pk=notice.pk).first():
            return first.due_at
        if others.filter(made_at__gt=at - FLOOD_WITHIN).count() >= FLOOD:
            return at + FLOOD_WITHIN
    return when


def _working_time(person: Person) -> WorkingTime | None:
    """The person's own calendar with their absence; None where they have none, or it has no hours."""
    if person.calendar_id is None:
        return None
    pair = (person.calendar_id, person.pk)
    try:
        return compiled(definitions([pair])[pair])
    except CalendarError:
        return None


def _put(notices: list[Notice], *, at: datetime) -> None:
    """One mail for these notices of one person. Mails of a person are a stream, so they keep their order."""
    first = notices[0]
    message = outbox.put(
        "notify.mail",
        destination=MAIL,
        subject=f"accounts.person:{first.person_id}",
        payload={"person": first.person_id},
        key=f"notify.mail:{first.key}/{at.isoformat()}",
        at=at,
        origin=f"accounts.person:{first.person_id}",  # no effect of the request's
    )
    Notice.objects.filter(pk__in=[one.pk for one in notices]).update(message=message)
    if url := chats.url_of(first.person):
        outbox.put(
            "notify.chat",
            destination=chats.destination(url),
            subject=f"accounts.person:{first.person_id}",
            payload={"person": first.person_id, "notices": [one.pk for one in notices]},
            key=f"notify.chat:{first.key}/{at.isoformat()}",
            at=at,
            origin=f"accounts.person:{first.person_id}",
        )
