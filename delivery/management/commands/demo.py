"""`manage.py demo`: make the simulated firm ready to look around in. For the sandbox alone."""

from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.module_loading import import_string

from cockpit import outbox
from delivery import demo


class Command(BaseCommand):
    help = "Guard the sandbox, pull it, and give its cast their sign-ins, roles and policy."

    def handle(self, *args: Any, **options: Any) -> None:
        call_command("odoo", "apply", "--yes", stdout=self.stderr)
        call_command("odoo", "pull", stdout=self.stderr)
        try:
            for step in settings.DEMO:
                import_string(step)(at=timezone.now())
        except demo.DemoError as problem:
            raise CommandError(str(problem)) from problem
        outbox.drain(timezone.now(), limit=1000)
        width = max(len(part.email) for part in demo.CAST)
        self.stdout.write(f"Sign in with one of these; the password is {demo.PASSWORD}")
        for part in demo.CAST:
            self.stdout.write(f"  {part.email:{width}}  {part.does}")
