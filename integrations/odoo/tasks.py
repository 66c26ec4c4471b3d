"""The pull by the clock. No rules here."""

import structlog
from celery import shared_task
from django.conf import settings
from django.utils import timezone

from integrations.mirror.models import PullStatus
from integrations.odoo import directory
from integrations.odoo.client import OdooError
from integrations.odoo.guardian import services as guardian
from integrations.odoo.pull.round import could_not_begin
from integrations.odoo.pull.round import pull_round as pull
from integrations.odoo.push import connection

log = structlog.get_logger(__name__)


@shared_task(ignore_result=True)
def pull_round() -> None:
    """One round; nothing when another is under way, or when no Odoo is configured."""
    if not settings.ODOO["URL"]:
        return
    at = timezone.now()
    try:
        runs = pull(connection.client(at=at), at=at)
    except OdooError as problem:  # before a round could begin: the address, the credentials
        runs = [could_not_begin(problem, at=at)]
    if any(not run.model for run in runs):  # Odoo could not be asked: sign in anew next time
        connection.forget()
    for run in runs:
        if run.status != PullStatus.DONE:
            log.warning("pull", model=run.model, status=run.status, sentence=run.sentence)


@shared_task(ignore_result=True)
def project_directory() -> None:
    """Once a day, for what changes with the calendar alone: next year's public holidays."""
    directory.project(at=timezone.now())


@shared_task(ignore_result=True)
def look_at_connection() -> None:
    """Once an hour; a look that died with its worker is made good within a minute."""
    if settings.ODOO["URL"]:
        guardian.look_if_due(at=timezone.now())
