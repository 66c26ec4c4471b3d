"""`manage.py odoo fields`: the firm's own fields as facts, held against Odoo; and those that could be."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from rich.console import Console
from rich.table import Table
from rich.text import Text

from integrations.odoo.client import OdooClient, OdooError, UnknownNameError, connect
from integrations.odoo.own_fields import TYPES, OwnField, OwnFieldsError, configured
from integrations.odoo.pull.catalogue import MAPS

HELP = "Show which x_ fields of your own are facts (the file at ODOO_FIELDS), what is wrong, and which could be."
MODELS = [each.odoo_model for each in MAPS]


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--all", action="store_true", help="also those that are no facts yet, as entries to copy")


def run(console: Console, options: dict[str, Any]) -> None:
    try:
        named = configured()
    except OwnFieldsError as problem:
        raise CommandError(str(problem)) from None
    client = connect()
    table = Table(box=None, pad_edge=False, show_header=False)
    wrong = [_row(table, client, each) for each in named].count(False)
    console.print(table if named else "No field of your own is a fact; ODOO_FIELDS names no file, or an empty one.")
    if options["all"]:
        for model in MODELS:
            for entry in _could_be(client, model, named):
                console.print(entry, markup=False)
    if wrong:
        raise CommandError(f"{wrong} of {len(named)} fields can't be read; their models are not read until they can.")


def _row(table: Table, client: OdooClient, one: OwnField) -> bool:
    try:
        if one.model not in MODELS:
            raise OwnFieldsError(f"{one.model} is not mirrored, so that its fields can be no facts.")
        one.check(client.call(one.model, "fields_get", allfields=[one.field], attributes=["type", "store"]))
    except OwnFieldsError as problem:
        table.add_row(Text("fail", style="bold red"), f"{one.model}.{one.field}", str(problem))
        return False
    except OdooError as problem:
        table.add_row(Text("fail", style="bold red"), f"{one.model}.{one.field}", problem.sentence)
        return False
    table.add_row(Text("ok", style="green"), f"{one.model}.{one.field}", f"own_{one.key} ({one.type}): {one.label}")
    return True


def _could_be(client: OdooClient, model: str, named: tuple[OwnField, ...]) -> list[str]:
    """Entries for the file: stored fields of the firm's own that are no facts yet, but for the cockpit's."""
    try:
        fields = client.call(model, "fields_get", attributes=["type", "store", "string"])
    except UnknownNameError:
        return []
    taken = {each.field for each in named if each.model == model}
    found = []
    for name, about in sorted(fields.items()):
        fitting = next((kind for kind, types in TYPES.items() if about["type"] in types), "")
        is_own = name.startswith("x_") and not name.startswith("x_cockpit_")
        if is_own and about.get("store") and fitting and name not in taken:
            found.append(_entry(model, name, about["string"], fitting))
    return found


def _entry(model: str, name: str, label: str, kind: str) -> str:
    key = name.removeprefix("x_studio_").removeprefix("x_").lower()
    return f'[[field]]\nmodel = "{model}"\nfield = "{name}"\nkey = "{key}"\nlabel = "{label}"\ntype = "{kind}"\n'
