"""Hints by the clock, and whenever one was heard. No rules here."""

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from .reading import read_hints as read


@shared_task(ignore_result=True)
def read_hints() -> None:
    if settings.ODOO["URL"]:
        read(timezone.now)
