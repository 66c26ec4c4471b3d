"""`manage.py setup`: say where the first administrator sets the cockpit up; `--look` looks into Odoo first."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.urls import reverse
from django.utils import timezone

from delivery.setup.acting import has_admin
from delivery.setup.looking import look
from integrations.odoo.guardian.services import look_if_due


class Command(BaseCommand):
    help = "Print the link to the set-up page while nobody holds the role operations admin."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--look", action="store_true", help="look into Odoo, for the page, and say what is wrong")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["look"]:
            self.say_what_is_wrong()
        page = settings.PUBLIC_URL + reverse("setup")
        if has_admin():
            self.stdout.write(f"It is set up. Who holds the role operations admin changes it at {page} .")
        elif settings.SETUP_KEY:
            self.stdout.write(f"Set it up here: {page}?key={settings.SETUP_KEY}")
        else:
            self.stdout.write("Nobody has set it up. Set SETUP_KEY, or grant somebody the role operations_admin.")

    def say_what_is_wrong(self) -> None:
        """Where Odoo is and as whom we are there; then what is in the way. What is in order is a number."""
        found = look(at=timezone.now())
        if not found.failures:
            look_if_due(at=timezone.now())  # else pages say for the first minute that nobody has
        for each in found.in_order:
            if each["subject"] in {"address", "user"}:
                self.stdout.write(each["words"])
        for each in found.troubles:
            self.stdout.write(f"{each['level']}  {each['subject']}: {each['words']}")
        if found.failures:
            self.stdout.write("Odoo can't be used yet; the cockpit runs without it.\n\n")
        else:
            self.stdout.write(f"{len(found.in_order)} things are in order: manage.py odoo check lists them.\n\n")
