"""`manage.py odoo check | plan | apply | destroy | pull`"""

from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console

from integrations.odoo import commands
from integrations.odoo.client import OdooError


class Command(BaseCommand):
    help = "Connect to Odoo, look after what the cockpit keeps there, and read from it."

    def add_arguments(self, parser: CommandParser) -> None:
        words = parser.add_subparsers(dest="word", required=True, metavar="WORD")
        for found in iter_modules(commands.__path__):
            module = import_module(f"{commands.__name__}.{found.name}")
            module.add_arguments(words.add_parser(found.name, help=module.HELP, description=module.HELP))

    def handle(self, *args: Any, word: str, **options: Any) -> None:
        console = Console(file=self.stdout, width=None if self.stdout.isatty() else 200, highlight=False)  # type: ignore[arg-type]
        try:
            import_module(f"{commands.__name__}.{word}").run(console, options)
        except OdooError as problem:
            raise CommandError(problem.sentence) from None
