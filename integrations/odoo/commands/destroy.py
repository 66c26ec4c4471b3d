"""`manage.py odoo destroy`: take away everything of ours."""

from argparse import ArgumentParser
from typing import Any

from django.utils import timezone
from rich.console import Console

from integrations.odoo import provision
from integrations.odoo.administrator import connect_administrator
from integrations.odoo.client import connect
from integrations.odoo.commands.apply import confirm
from integrations.odoo.credentials import current_config
from integrations.odoo.manifests import declared
from integrations.odoo.pull.installation import check_installation, forget_mark

HELP = "Take everything of the cockpit out of Odoo: rules, fields with their content, groups. Nothing is held any more."


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--yes", action="store_true", help="do not ask")


def run(console: Console, options: dict[str, Any]) -> None:
    administrator, client = connect_administrator(), connect(current_config())
    check_installation(client, at=timezone.now())
    if not options["yes"]:
        console.print("Invoices will post without approval, and releases and emergency reasons are lost.")
        confirm(console, f"Take everything of the cockpit out of {client.db} at {client.url}?")
    gone = provision.destroy(administrator, declared(client))
    forget_mark()
    console.print(f"Done: {len(gone)} records taken away." if gone else "There is nothing of the cockpit in this Odoo.")
