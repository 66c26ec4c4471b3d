"""Time by the clock. No rules here."""

from celery import shared_task
from django.utils import timezone

from cockpit.time import services


@shared_task(ignore_result=True)
def recalendar() -> None:
    """Clocks that count on an outdated calendar: those whose change could not be followed when it was made."""
    services.recalendar(at=timezone.now())
