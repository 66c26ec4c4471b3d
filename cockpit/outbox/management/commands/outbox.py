"""`manage.py outbox list | retry ID | skip ID --reason …`"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from cockpit.accounts.models import Person
from cockpit.outbox import services
from cockpit.outbox.models import Destination, Message
from cockpit.transitions import TransitionError


class Command(BaseCommand):
    help = "List effects that wait or need a person; retry or skip a dead letter."

    def add_arguments(self, parser: CommandParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True)
        listing = acts.add_parser("list", help="what is unfinished, dead letters first")
        listing.add_argument("--limit", type=int, default=50)
        for act in ("retry", "skip"):
            one = acts.add_parser(act)
            one.add_argument("message", type=int)
            one.add_argument("--by", required=True, metavar="EMAIL", help="who does this; the audit trail keeps it")
            if act == "skip":
                one.add_argument("--reason", required=True)

    def handle(self, *args: Any, act: str, **options: Any) -> None:
        {"list": self.list, "retry": self.retry, "skip": self.skip}[act](options)

    def list(self, options: dict[str, Any]) -> None:
        unfinished = Message.objects.filter(state__in=Message.UNFINISHED).order_by("state", "id")
        for message in unfinished[: options["limit"]]:
            when = f"due {message.not_before:%Y-%m-%d %H:%M:%S}" if message.state == Message.State.PENDING else "dead"
            tries = f"{message.used_attempts}/{message.max_attempts} tries"
            self.stdout.write(f"{message.pk}\t{when}\t{message.stream}\t{tries}\t{message.last_error}")
        for row in Destination.objects.exclude(breaker=Destination.Breaker.CLOSED).order_by("name"):
            self.stdout.write(f"{row.name} is away since {row.opened_at:%Y-%m-%d %H:%M:%S}: {row.last_error}")
        self.stdout.write(f"{unfinished.count()} unfinished.")

    def retry(self, options: dict[str, Any]) -> None:
        message, person = self._named(options)
        try:
            services.retry(message, actor=person, at=timezone.now())
        except TransitionError as problem:
            raise CommandError(str(problem)) from problem
        self.stdout.write(f"Message {message.pk} will be tried again now.")

    def skip(self, options: dict[str, Any]) -> None:
        message, person = self._named(options)
        try:
            services.skip(message, actor=person, at=timezone.now(), reason=options["reason"])
        except (TransitionError, services.OutboxError) as problem:
            raise CommandError(str(problem)) from problem
        self.stdout.write(f"Message {message.pk} is skipped; its stream goes on.")

    def _named(self, options: dict[str, Any]) -> tuple[Message, Person]:
        message = Message.objects.filter(pk=options["message"]).first()
        if message is None:
            raise CommandError(f"There is no message {options['message']}.")
        person = Person.objects.filter(email__iexact=options["by"], active=True).first()
        if person is None:
            raise CommandError(f"Nobody active has the e-mail address {options['by']}.")
        return message, person
