"""`manage.py retention run [--dry-run] | show`: what goes when its time is over."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from approvals import kinds
from approvals.services import retention


class Command(BaseCommand):
    help = "Take away what was said in requests that ended longer ago than their kind keeps it; the proof stays."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("act", choices=["run", "show"])
        parser.add_argument("--dry-run", action="store_true", help="say what would go, and change nothing")

    def handle(self, *args: Any, act: str, dry_run: bool, **options: Any) -> None:
        if act == "show":
            for key, kind in sorted(kinds.registry().items()):
                self.stdout.write(f"{key}: {kind.retention.days} days after its end")
            return
        now = timezone.now()
        found = retention.would_purge(now) if dry_run else retention.purge_due(now, limit=10_000)
        for key, count in sorted(found.gone.items()):
            self.stdout.write(f"{key}: {count}")
        if found.waits:
            self.stdout.write(f"{found.waits} must wait: an effect of theirs is not finished.")
        verb = "would lose" if dry_run else "lost"
        self.stdout.write(f"{found.total} request(s) {verb} what was said in them; their proof stays.")
