"""`manage.py odoo check`: what is wrong with the connection, in sentences."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone
from rich.console import Console
from rich.table import Table
from rich.text import Text

from integrations.odoo.checking import findings

HELP = "Say exactly what is wrong with the connection to Odoo: address, database, credentials, modules, rights."
COLOURS = {"ok": "green", "warn": "yellow", "fail": "bold red", "absent": "dim"}


def add_arguments(parser: ArgumentParser) -> None:
    pass


def run(console: Console, options: dict[str, Any]) -> None:
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    found = list(findings(at=timezone.now()))
    for finding in found:
        table.add_row(Text(finding.level, style=COLOURS[finding.level]), finding.subject, Text(finding.words))
    console.print(table)
    failures = sum(finding.level == "fail" for finding in found)
    if failures:
        raise CommandError(f"{failures} thing{'s' if failures > 1 else ''} to put right.")
    console.print("The cockpit can work with this Odoo.")
