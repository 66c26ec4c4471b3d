"""`manage.py policy load FILE | what-if FILE | save KIND | show [KIND] | cutoff KIND UNIT DAYS`: tables by hand."""

from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, cast

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone
from rich.console import Console
from rich.table import Table

from approvals import kinds, services
from approvals.editor.what_if import Shown, show
from approvals.models import Policy, PolicyVersion, Request
from approvals.policy import OPERATORS, PolicyError
from approvals.policy_files import read, write
from approvals.reading.past import DAYS, asked_lately
from cockpit.accounts.models import Person, Unit


class Command(BaseCommand):
    help = "Load a decision table from a YAML file as a new version, or show the one in force."

    def add_arguments(self, parser: CommandParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True)
        load = acts.add_parser("load", help="read FILE as a draft, and ask a second person to publish it")
        load.add_argument("file", type=Path)
        load.add_argument("--as", dest="person", metavar="E-MAIL", help="who asks; without it the draft is only made")
        load.add_argument(
            "--at-once", action="store_true", help="without a second person: while no version was ever in force"
        )
        what_if = acts.add_parser(
            "what-if", help="say what FILE would have meant for the last 90 days; changes nothing"
        )
        what_if.add_argument("file", type=Path)
        save = acts.add_parser("save", help="print the version in force as a file that load takes")
        save.add_argument("kind")
        show = acts.add_parser("show", help="print the version in force")
        show.add_argument("kind", nargs="?")
        cutoff = acts.add_parser("cutoff", help="say until when in its month a record has to be through")
        cutoff.add_argument("kind")
        cutoff.add_argument("unit")
        cutoff.add_argument("days", type=int, help="working days before the month's last one; 0 is the last one itself")

    def handle(self, *args: Any, act: str, **options: Any) -> None:
        if act == "load":
            self.load(options["file"], options["person"], at_once=options["at_once"])
        elif act == "what-if":
            self.what_if(options["file"])
        elif act == "cutoff":
            self.cutoff(options["kind"], options["unit"], options["days"])
        elif act == "save":
            self.save(options["kind"])
        else:
            self.show(options["kind"])

    @transaction.atomic
    def load(self, file: Path, email: str | None, *, at_once: bool) -> None:
        """All or nothing: where asking is refused, no draft is left behind."""
        now = timezone.now()
        actor = _person(email) if email else "system:command"
        try:
            version = services.draft(read(file.read_text()), actor=actor, at=now)
            if at_once:
                services.load_at_once(version, actor=actor, at=now)
            elif isinstance(actor, Person):
                services.ask_to_publish(version.pk, revision=0, actor=actor, at=now)
        except OSError as problem:
            raise CommandError(f"{file} cannot be read: {problem.strerror}.") from problem
        except PolicyError as problem:
            raise CommandError(f"{file}: {problem} Nothing was changed.") from problem
        except services.LintError as problem:
            rows = "".join(f"\n  Row {one.rule}: {one.says} {one.do}" for one in problem.findings if one.stops)
            raise CommandError(f"{file}: {problem.sentence}{rows}") from problem
        except services.DraftRefusedError as problem:
            raise CommandError(f"{file}: {problem.sentence} Nothing was changed.") from problem
        self.stdout.write(self._became(version, at_once=at_once, asked=email is not None))

    def _became(self, version: PolicyVersion, *, at_once: bool, asked: bool) -> str:
        if at_once:
            return f"{version} is on its way into force (mode: {version.mode})."
        if asked:
            return f"{version} waits for a second person, in the queue."
        return f"{version} is a draft. Ask for it on its page, or load it --as E-MAIL; the first of a kind --at-once."

    @transaction.atomic
    def what_if(self, file: Path) -> None:
        """The draft is made, looked at, and taken back with everything that it wrote."""
        now = timezone.now()
        try:
            version = services.draft(read(file.read_text()), actor="system:command", at=now)
        except OSError as problem:
            raise CommandError(f"{file} cannot be read: {problem.strerror}.") from problem
        except PolicyError as problem:
            raise CommandError(f"{file}: {problem}") from problem
        shown = show(version, asked_lately(Request.objects.all(), version.policy.kind, at=now))
        console = Console(file=cast(IO[str], self.stdout))
        for table in _what_if(shown):
            console.print(table)
        transaction.set_rollback(True)

    def save(self, kind: str) -> None:
        policy = Policy.objects.filter(kind=kind).first()
        version = policy.version_at(timezone.now()) if policy else None
        if version is None:
            raise CommandError(f"No version of {kind} is in force.")
        self.stdout.write(write(services.text_of(version)), ending="")

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


def _person(email: str) -> Person:
    person = Person.objects.filter(email__iexact=email, active=True, user__is_active=True).first()
    if person is None:
        raise CommandError(f"Nobody who can sign in has the address {email}. Nothing was changed.")
    return person


def _what_if(shown: Shown) -> Iterator[Table]:
    figures = Table(
        "", "As it was", "With this table", title=f"{shown.result.records} requests of the last {DAYS} days"
    )
    loads = Table("Asked", "As it was", "With this table")
    for table, rows in ((figures, shown.figures), (loads, shown.loads)):
        for row in rows:
            table.add_row(row.label, row.before, row.after)
        yield table
    for title, cases, many in (
        ("take another path", shown.changed, len(shown.result.changed)),
        ("would wait for more people than there are", shown.stuck, len(shown.result.stuck)),
    ):
        listed = Table("Request", "As it was", "With this table", title=f"{many} {title}")
        for case in cases:
            listed.add_row(str(case.request), case.before, case.after)
        if many:
            yield listed


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
