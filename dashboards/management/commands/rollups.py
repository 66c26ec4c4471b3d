from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from dashboards.rollups import refresh


class Command(BaseCommand):
    help = "Bring the sums behind the dashboards in line with the mirror, or make all of them anew."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("act", choices=["refresh", "rebuild"])

    def handle(self, *args: Any, act: str, **options: Any) -> None:
        done = refresh(at=timezone.now(), whole=act == "rebuild", sure=True)
        self.stdout.write(f"{done.cells} sums of a person and a month made anew.")
