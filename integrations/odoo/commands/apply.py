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
from integrations.odoo.hints import secret
from integrations.odoo.hints.manifest import why_none
from integrations.odoo.manifests import declared
from integrations.odoo.pull.installation import check_installation

HELP = "Make in Odoo what the cockpit needs. Running it again changes nothing."


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--yes", action="store_true", help="do not ask")
    hints = parser.add_mutually_exclusive_group()
    hints.add_argument("--without-hints", action="store_true", help="Odoo shall not tell the cockpit what is saved")
    hints.add_argument("--new-hint-address", action="store_true", help="another secret; also turns hints on again")


def run(console: Console, options: dict[str, Any]) -> None:
    administrator, client = connect_administrator(), connect(current_config())
    check_installation(client, at=timezone.now())
    choose_address(options)
    manifest = declared(client, with_hints=not options["without_hints"])
    changes = provision.plan(administrator, manifest)
    show(console, changes)
    if options["without_hints"]:
        console.print("Odoo will send no hints: what is saved there is seen with the next round.")
    elif why := why_none():
        console.print(why, markup=False)
    if not changes:
        keep_choice(options)
        return
    if not options["yes"]:
        confirm(console, f"Change {client.db} at {client.url} so?")
    provision.apply(administrator, manifest)
    if left := provision.plan(administrator, manifest):
        show(console, left)
        raise CommandError("Odoo took it, but this still differs. Somebody may be changing the same records.")
    check_installation(client, at=timezone.now())  # remembers the id that the database has now
    keep_choice(options)
    console.print("Done: Odoo holds everything as declared.")


def choose_address(options: dict[str, Any]) -> None:
    if options["new_hint_address"]:
        secret.renew(at=timezone.now())
    elif not options["without_hints"]:
        secret.make(at=timezone.now())


def keep_choice(options: dict[str, Any]) -> None:
    """Only once Odoo sends none any more: whoever says no has changed nothing."""
    if options["without_hints"]:
        secret.turn_off(at=timezone.now())


def confirm(console: Console, question: str) -> None:
    try:
        answer = console.input(f"{question} \\[y/N] ")
    except EOFError:
        raise CommandError("Nobody is there to agree. Say --yes to go ahead without asking.") from None
    if answer.strip().lower() not in {"y", "yes"}:
        raise CommandError("Nothing was changed.")
