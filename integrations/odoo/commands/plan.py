"""`manage.py odoo plan`: what `apply` would do, drift included."""

from argparse import ArgumentParser
from typing import Any

from django.utils import timezone
from rich.console import Console
from rich.table import Table
from rich.text import Text

from integrations.odoo import provision
from integrations.odoo.administrator import connect_administrator
from integrations.odoo.client import connect
from integrations.odoo.credentials import current_config
from integrations.odoo.hints import secret
from integrations.odoo.hints.manifest import why_none
from integrations.odoo.manifests import declared
from integrations.odoo.pull.installation import compare_database

HELP = "Show what the cockpit needs in Odoo and does not find there. Changes nothing."
SIGNS = {"create": "+", "change": "~", "delete": "-"}
COLOURS = {"create": "green", "change": "yellow", "delete": "red"}
WIDTH = 50


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--check", action="store_true", help="fail when there is a difference")


def run(console: Console, options: dict[str, Any]) -> None:
    administrator, client = connect_administrator(), connect(current_config())
    compare_database(client, at=timezone.now())
    secret.make(at=timezone.now())
    manifest = declared(client)
    changes = provision.plan(administrator, manifest)
    show(console, changes)
    if why := why_none():
        console.print(why, markup=False)
    if others := provision.neighbours(administrator, manifest):
        console.print("Rules of others on the same models: " + ", ".join(others) + ".", markup=False)
    if changes and options["check"]:
        raise SystemExit(1)
    if changes:
        console.print("`manage.py odoo apply` makes it so.")


def show(console: Console, changes: list[provision.Change]) -> None:
    if not changes:
        console.print("Odoo holds everything as declared.")
        return
    table = Table(box=None, pad_edge=False, show_edge=False)
    for title in ("", "Record", "Field", "In Odoo", "Declared"):
        table.add_column(title, overflow="fold")
    for change in changes:
        _add(table, change)
    console.print(table)
    counted = {action: sum(change.action == action for change in changes) for action in SIGNS}
    console.print(f"{counted['create']} to create, {counted['change']} to change, {counted['delete']} to delete.")


def _add(table: Table, change: provision.Change) -> None:
    record = Text(f"{change.xid} ({change.model})")
    sign = Text(SIGNS[change.action], style=COLOURS[change.action])
    differences = change.differences if change.action == "change" else ()
    table.add_row(sign, record, *(_cells(differences[0]) if differences else ("", "", change.name)))
    for difference in differences[1:]:
        table.add_row("", "", *_cells(difference))


def _cells(difference: provision.Difference) -> tuple[Text, Text, Text]:
    """Long texts are shown where they begin to differ, on one line."""
    now, wanted = (" ⏎ ".join(text.splitlines()) for text in (difference.now, difference.wanted))
    same = next((i for i, pair in enumerate(zip(now, wanted, strict=False)) if pair[0] != pair[1]), 0)
    start = max(0, same - 20) if max(len(now), len(wanted)) > WIDTH else 0
    cut = [f"{'…' if start else ''}{text[start : start + WIDTH]}{'…' if len(text) > start + WIDTH else ''}"
           for text in (now, wanted)]  # fmt: skip
    return Text(difference.field), Text(cut[0]), Text(cut[1])
