"""`manage.py audit verify | seal | root | export R-1042 --to DIR`"""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from cockpit.audit import packets, sealing
from cockpit.audit.canonical import AuditError
from cockpit.audit.models import Entry, Seal
from cockpit.audit.verification import verify


class Command(BaseCommand):
    help = (
        "Verify the audit trail, seal its new entries, write the day's root outside the database, or export a packet."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("act", choices=["verify", "seal", "root", "export"])
        parser.add_argument("key", nargs="?", default="", help="of what to export a packet: R-1042")
        parser.add_argument("--to", type=Path, help="a new folder, or a file that ends in .zip")
        parser.add_argument(
            "--folder", type=Path, default=settings.COCKPIT_HOME / sealing.FOLDER, help="the root files"
        )

    def handle(self, *args: Any, act: str, folder: Path, key: str, to: Path | None, **options: Any) -> None:
        if act == "export":
            self.export(key, to or Path(f"{key}.zip"), folder)
        else:
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

    def export(self, key: str, to: Path, folder: Path) -> None:
        try:
            made = packets.export(key, actor="system:command", at=timezone.now(), roots=folder)
            written = made.write(to)
        except (AuditError, OSError) as problem:
            raise CommandError(str(problem)) from problem
        self.stdout.write(f"{written}: packet {made.hash}. Prove it: python3 verify.py {written}")
