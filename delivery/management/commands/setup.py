"""`manage.py setup`: say where the first administrator sets the cockpit up, while there is none."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.urls import reverse

from delivery.setup.acting import has_admin


class Command(BaseCommand):
    help = "Print the link to the set-up page while nobody holds the role operations admin."

    def handle(self, *args: Any, **options: Any) -> None:
        page = settings.PUBLIC_URL + reverse("setup")
        if has_admin():
            self.stdout.write(f"It is set up. Who holds the role operations admin changes it at {page} .")
        elif settings.SETUP_KEY:
            self.stdout.write(f"Set it up here: {page}?key={settings.SETUP_KEY}")
        else:
            self.stdout.write("Nobody has set it up. Set SETUP_KEY, or grant somebody the role operations_admin.")
