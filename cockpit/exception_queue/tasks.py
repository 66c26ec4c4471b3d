"""Cases by the clock. No rules here."""

from celery import shared_task
from django.utils import timezone

from cockpit.exception_queue import rules, sweeping


@shared_task(ignore_result=True)
def run_rules() -> None:
    rules.run_due(at=timezone.now())


@shared_task(ignore_result=True)
def sweep() -> None:
    sweeping.sweep(at=timezone.now())
