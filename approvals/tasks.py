"""Beat's entries. No rules here."""

from celery import shared_task
from django.utils import timezone

from approvals import services
from approvals.services import retention


@shared_task(ignore_result=True)
def settle_due() -> None:
    services.settle_due(timezone.now())


@shared_task(ignore_result=True)
def sweep_clocks() -> None:
    services.sweep(at=timezone.now())


@shared_task(ignore_result=True)
def weigh_open() -> None:
    services.weigh_open(at=timezone.now())


@shared_task(ignore_result=True)
def wake_due() -> None:
    services.wake_due(at=timezone.now())


@shared_task(ignore_result=True)
def purge_due() -> None:
    retention.purge_due(timezone.now())


@shared_task(ignore_result=True)
def send_due() -> None:
    services.send_due(at=timezone.now())
