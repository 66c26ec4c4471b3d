"""`manage.py odoo apply`: make Odoo as declared."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone
from rich.console import Console

from integrations.odoo import provision
from integrations.odoo.administrator import connect_administrator
from integrations.odoo.client import connect
from integrations.odoo.commands.plan import show
from integrations.odoo.credentials import current_config
from integrations.odoo.manifests import declared
from integrations.odoo.pull.installation import check_installation

HELP = "Make in Odoo what the cockpit needs. Running it again changes nothing."


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--yes", action="store_true", help="do not ask")


def run(console: Console, options: dict[str, Any]) -> None:
    administrator, client = connect_administrator(), connect(current_config())
    check_installation(client, at=timezone.now())
    manifest = declared(client)
    changes = provision.plan(administrator, manifest)
    show(console, changes)
    if not changes:
        return
    if not options["yes"]:
        confirm(console, f"Change {client.db} at {client.url} so?")
    provision.apply(administrator, manifest)
    if left := provision.plan(administrator, manifest):
        show(console, left)
        raise CommandError("Odoo took it, but this still differs. Somebody may be changing the same records.")
    check_installation(client, at=timezone.now())  # remembers the id that the database has now
    console.print("Done: Odoo holds everything as declared.")


def confirm(console: Console, question: str) -> None:
    try:
        answer = console.input(f"{question} \\[y/N] ")
    except EOFError:
        raise CommandError("Nobody is there to agree. Say --yes to go ahead without asking.") from None
    if answer.strip().lower() not in {"y", "yes"}:
        raise CommandError("Nothing was changed.")
