from celery import shared_task
from django.conf import settings
from django.utils import timezone

from cockpit.audit import carrying, checking, sealing


@shared_task(ignore_result=True)
def seal() -> None:
    sealing.seal(timezone.now())


@shared_task(ignore_result=True)
def daily_root() -> None:
    sealing.daily_root(timezone.now(), settings.COCKPIT_HOME / sealing.FOLDER)


@shared_task(ignore_result=True)
def verify_trail() -> None:
    checking.check_all(at=timezone.now())


@shared_task(ignore_result=True)
def carry_roots() -> None:
    carrying.carry(timezone.now(), settings.COCKPIT_HOME / sealing.FOLDER, settings.AUDIT_ROOT_TO)
