"""`manage.py policy load FILE | show [KIND]`: decision tables by hand."""

from pathlib import Path
from typing import IO, Any, cast

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from rich.console import Console
from rich.table import Table

from approvals import services
from approvals.models import Policy, PolicyVersion
from approvals.policy import OPERATORS, PolicyError
from approvals.policy_files import read


class Command(BaseCommand):
    help = "Load a decision table from a YAML file as a new version, or show the one in force."

    def add_arguments(self, parser: CommandParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True)
        load = acts.add_parser("load", help="read FILE, check it, and bring it into force as a new version")
        load.add_argument("file", type=Path)
        show = acts.add_parser("show", help="print the version in force")
        show.add_argument("kind", nargs="?")

    def handle(self, *args: Any, act: str, **options: Any) -> None:
        if act == "load":
            self.load(options["file"])
        else:
            self.show(options["kind"])

    def load(self, file: Path) -> None:
        now = timezone.now()
        try:
            version = services.draft(read(file.read_text()), actor="system:command", at=now)
        except OSError as problem:
            raise CommandError(f"{file} cannot be read: {problem.strerror}.") from problem
        except PolicyError as problem:
            raise CommandError(f"{file}: {problem} Nothing was changed.") from problem
        services.submit(version, actor="system:command", at=now)
        self.stdout.write(f"{version} is on its way into force (mode: {version.mode}).")

    def show(self, kind: str | None) -> None:
        policies = Policy.objects.filter(kind=kind) if kind else Policy.objects.all()
        for policy in policies:
            version = policy.version_at(timezone.now())
            if version is None:
                self.stdout.write(f"{policy}: no version is in force.")
                continue
            Console(file=cast(IO[str], self.stdout)).print(_table(version))


def _table(version: PolicyVersion) -> Table:
    table = Table("Row", "Unit", "When", "Asks", title=f"{version}, {version.get_mode_display()}")
    for rule in version.rules.select_related("unit"):
        when = (
            " and ".join(f"{c['fact']} {OPERATORS[c['op']]} {c['value']} {c['currency']}".strip() for c in rule.when)
            or "always"
        )
        asks = ", ".join(f"{s['role']} within {s['goal_s'] / 3600:g} h" for s in rule.steps) or "nobody"
        table.add_row(f"{rule.number} {rule.name}", str(rule.unit or "every"), when, asks)
    return table
