from celery import shared_task
from django.utils import timezone

from cockpit.outbox import worker

SWEEP_LIMIT = 500  # then the worker looks at its other queues; the next sweep goes on


@shared_task(ignore_result=True)
def sweep() -> None:
    worker.drain(timezone.now(), SWEEP_LIMIT)
