"""`manage.py audit verify | seal | root`"""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from cockpit.audit import sealing
from cockpit.audit.models import Entry, Seal
from cockpit.audit.verification import verify


class Command(BaseCommand):
    help = "Verify the audit trail, seal its new entries, or write the day's root outside the database."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("act", choices=["verify", "seal", "root"])
        parser.add_argument(
            "--folder", type=Path, default=settings.COCKPIT_HOME / sealing.FOLDER, help="the root files"
        )

    def handle(self, *args: Any, act: str, folder: Path, **options: Any) -> None:
        {"verify": self.verify, "seal": self.seal, "root": self.root}[act](folder)

    def verify(self, folder: Path) -> None:
        findings = verify(folder)
        for finding in findings:
            self.stdout.write(str(finding))
        if findings:
            raise CommandError(f"The audit trail is not intact: {len(findings)} finding(s).", returncode=1)
        entries, seals = Entry.objects.count(), Seal.objects.count()
        self.stdout.write(f"The audit trail is intact: {entries} entries, {seals} seals.")

    def seal(self, folder: Path) -> None:
        made = sealing.seal(timezone.now(), everything=True)
        self.stdout.write(f"Seal {made.seq} covers {made.entries} entries." if made else "Everything is sealed.")

    def root(self, folder: Path) -> None:
        self.stdout.write(f"Root written to {sealing.daily_root(timezone.now(), folder)}")
