"""`manage.py odoo reseal`: encrypt the kept key anew, after ENCRYPTION_KEYS was given a new first one."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone
from rich.console import Console

from integrations.odoo.credentials import seal_anew
from integrations.odoo.secrets import UnreadableSecretError

HELP = "Encrypt the API key that was entered on the page with the first of ENCRYPTION_KEYS."


def add_arguments(parser: ArgumentParser) -> None:
    pass


def run(console: Console, options: dict[str, Any]) -> None:
    try:
        count = seal_anew(at=timezone.now())
    except UnreadableSecretError:
        raise CommandError(
            "None of ENCRYPTION_KEYS opens the kept key, nor does SECRET_KEY. Nothing was changed."
        ) from None
    console.print("The kept key is encrypted anew." if count else "No key is kept: the environment's is used.")
