"""A destination that doesn't answer rests: one probe at a time, after pauses that grow to a minute."""

from datetime import datetime, timedelta

from django.db import connection, transaction

from cockpit.outbox.models import Destination
from cockpit.outbox.statements import ANSWERED

OPENS_AFTER = 3  # failures in a row
FIRST_PAUSE_S = 5
LONGEST_PAUSE_S = 60
Breaker = Destination.Breaker


def away() -> dict[str, datetime | None]:
    """Destinations that didn't answer lately, and when the next probe may go there."""
    return dict(Destination.objects.exclude(breaker=Breaker.CLOSED).values_list("name", "next_probe_at"))


def take_probe(destination: str, message_id: int, *, at: datetime, until: datetime) -> bool:
    """Whether this message is the one probe of a destination that was away, until `until`."""
    due = Destination.objects.filter(name=destination, next_probe_at__lte=at).exclude(breaker=Breaker.CLOSED)
    return bool(due.update(breaker=Breaker.HALF_OPEN, next_probe_at=until, probe_message_id=message_id))


def answered(destination: str) -> None:
    """Somebody is there again, whatever the answer was."""
    with connection.cursor() as cursor:
        cursor.execute(ANSWERED, {"destination": destination})


@transaction.atomic
def stayed_away(destination: str, message_id: int, *, at: datetime, reason: str) -> datetime:
    """Count one failure; returns when the message may be tried again. Open, only the probe's failure counts."""
    Destination.objects.bulk_create([Destination(name=destination)], ignore_conflicts=True)
    row = Destination.objects.select_for_update().get(pk=destination)
    if row.breaker == Breaker.CLOSED or row.probe_message_id == message_id:
        row.failures += 1
        row.last_error = reason
        row.probe_message_id = None
        if row.failures >= OPENS_AFTER:
            row.breaker = Breaker.OPEN
            row.opened_at = row.opened_at or at
            row.next_probe_at = at + pause(row.failures)
        row.save()
    return row.next_probe_at or at + timedelta(seconds=row.failures)


def probe_failed(destination: str, message_id: int, *, at: datetime) -> None:
    """The probe broke before it could tell: rest again, so that another message probes."""
    row = Destination.objects.filter(name=destination, probe_message_id=message_id).first()
    if row is not None:
        Destination.objects.filter(pk=row.pk, probe_message_id=message_id).update(
            breaker=Breaker.OPEN, next_probe_at=at + pause(row.failures), probe_message_id=None
        )


def pause(failures: int) -> timedelta:
    """5, 10, 20, 40, then 60 seconds."""
    doubled = FIRST_PAUSE_S * 2 ** min(max(failures - OPENS_AFTER, 0), 10)
    return timedelta(seconds=min(doubled, LONGEST_PAUSE_S))
