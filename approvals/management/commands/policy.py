"""`manage.py policy load FILE | show [KIND] | cutoff KIND UNIT DAYS`: decision tables and cut-offs by hand."""

from pathlib import Path
from typing import IO, Any, cast

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from rich.console import Console
from rich.table import Table

from approvals import kinds, services
from approvals.models import Policy, PolicyVersion
from approvals.policy import OPERATORS, PolicyError
from approvals.policy_files import read
from cockpit.accounts.models import Unit


class Command(BaseCommand):
    help = "Load a decision table from a YAML file as a new version, or show the one in force."

    def add_arguments(self, parser: CommandParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True)
        load = acts.add_parser("load", help="read FILE, check it, and bring it into force as a new version")
        load.add_argument("file", type=Path)
        show = acts.add_parser("show", help="print the version in force")
        show.add_argument("kind", nargs="?")
        cutoff = acts.add_parser("cutoff", help="say until when in its month a record has to be through")
        cutoff.add_argument("kind")
        cutoff.add_argument("unit")
        cutoff.add_argument("days", type=int, help="working days before the month's last one; 0 is the last one itself")

    def handle(self, *args: Any, act: str, **options: Any) -> None:
        if act == "load":
            self.load(options["file"])
        elif act == "cutoff":
            self.cutoff(options["kind"], options["unit"], options["days"])
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

    def cutoff(self, kind: str, name: str, days: int) -> None:
        unit = Unit.objects.filter(name=name).first()
        if unit is None or kind not in kinds.registry() or not 0 <= days <= 15:
            raise CommandError(
                "Name a kind, a unit as it is called here, and 0 to 15 working days. Nothing was changed."
            )
        services.set_cutoff(kind, unit, days, at=timezone.now())
        self.stdout.write(f"{kind} in {unit}: {days} working days before the last one of the month.")

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
