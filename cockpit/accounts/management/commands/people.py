"""`manage.py people list | sign-in | grant | revoke | erase`: who enters, may do what, is forgotten."""

from getpass import getpass
from typing import IO, Any, cast

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone
from rich.console import Console
from rich.table import Table

from cockpit.accounts import grants
from cockpit.accounts.erasing import ErasureRefusedError, erase_person
from cockpit.accounts.models import Person, Unit
from cockpit.accounts.roles import ROLES
from cockpit.accounts.signin import SignInError, give_sign_in

ACTOR = "system:command"


class Command(BaseCommand):
    help = "List people, let one sign in, grant or revoke a role on a unit, forget one who left."

    def add_arguments(self, parser: CommandParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True)
        acts.add_parser("list", help="everybody from Odoo, with roles")
        sign_in = acts.add_parser("sign-in", help="let EMAIL sign in; asks for a password")
        sign_in.add_argument("email")
        for name, text in (("grant", "give EMAIL the ROLE on UNIT and all below it"), ("revoke", "take it away")):
            act = acts.add_parser(name, help=text)
            act.add_argument("email")
            act.add_argument("role", choices=ROLES)
            act.add_argument("unit", help="its name")

        erase = acts.add_parser("erase", help="take the names of somebody who left out of everything; the proof stays")
        erase.add_argument("person", help="e-mail address or number")
        erase.add_argument("--also", action="append", default=[], help="another name they had")
        erase.add_argument("--dry-run", action="store_true", help="say where they are named, and change nothing")

    def handle(self, *args: Any, act: str, **options: Any) -> None:
        if act == "list":
            self.list_people()
            return
        if act == "erase":
            self.erase(options["person"], options["also"], dry_run=options["dry_run"])
            return
        person = _person(options["email"])
        try:
            if act == "sign-in":
                give_sign_in(person, getpass(f"Password for {person}: "), actor=ACTOR, at=timezone.now())
            else:
                change = grants.grant if act == "grant" else grants.revoke
                change(person, options["role"], _unit(options["unit"]), actor=ACTOR, at=timezone.now())
        except (SignInError, grants.GrantError) as problem:
            raise CommandError(str(problem)) from problem
        except ValidationError as problem:
            raise CommandError(" ".join(problem.messages)) from problem
        self.stdout.write("Done.")

    def erase(self, named: str, also: list[str], *, dry_run: bool) -> None:
        by = {"pk": int(named)} if named.isdigit() else {"email__iexact": named}
        found = list(Person.objects.filter(**by)[:2])
        if len(found) != 1:
            raise CommandError(f"{'Nobody is' if not found else 'More than one person is'} known as {named!r}.")
        try:
            with transaction.atomic():
                done = erase_person(found[0], also=also, actor=ACTOR, at=timezone.now())
                transaction.set_rollback(dry_run)
        except ErasureRefusedError as problem:
            raise CommandError(f"{problem} Nothing was changed.") from problem
        for what, count in done.places.items():
            self.stdout.write(f"{what}: {count}")
        verb = "would be" if dry_run else "is"
        self.stdout.write(f"Person {done.person_id} {verb} erased; what they did stays, under a reference.")

    def list_people(self) -> None:
        table = Table("Name", "E-mail", "Unit", "Signs in", "Roles")
        units = dict(Unit.objects.values_list("pk", "name"))
        for person in Person.objects.filter(active=True).select_related("user", "unit"):
            held = grants.direct(person.user) if person.user else {}
            roles = "; ".join(f"{role} of {', '.join(units[pk] for pk in sorted(at))}" for role, at in held.items())
            table.add_row(person.name, person.email, str(person.unit or ""), "yes" if person.user else "no", roles)
        Console(file=cast(IO[str], self.stdout)).print(table)


def _person(email: str) -> Person:
    found = Person.objects.filter(email__iexact=email, active=True).select_related("user").first()
    if found is None:
        raise CommandError(
            f"Nobody with the e-mail {email} has been pulled from Odoo. `manage.py people list` shows who has."
        )
    return found


def _unit(name: str) -> Unit:
    found = list(Unit.objects.filter(name=name, active=True)[:2])
    if len(found) != 1:
        known = ", ".join(Unit.objects.filter(active=True).values_list("name", flat=True))
        raise CommandError(
            f"{'No unit' if not found else 'More than one unit'} is called {name!r}. Units: {known or 'none yet'}."
        )
    return found[0]
