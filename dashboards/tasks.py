"""The sums by the clock. No rules here."""

from celery import shared_task
from django.utils import timezone

from dashboards import rollups


@shared_task(ignore_result=True)
def refresh_rollups() -> None:
    """Look whether a pull has brought anything, and make anew what it touched."""
    rollups.refresh(at=timezone.now())


@shared_task(ignore_result=True)
def check_rollups() -> None:
    """Once an hour look at every cell, whatever the pull says."""
    rollups.refresh(at=timezone.now(), sure=True)
