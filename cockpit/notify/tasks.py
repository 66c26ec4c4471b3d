from celery import shared_task
from django.utils import timezone

from cockpit.notify import services


@shared_task(ignore_result=True)
def send_due() -> None:
    services.send_due(timezone.now())
