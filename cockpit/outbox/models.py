"""Messages and their tries; destinations and whether they rest."""

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class Message(models.Model):
    """One effect that must happen once. Messages of a stream happen in the order of their ids."""

    class State(models.TextChoices):
        PENDING = "pending", _("waiting")
        DONE = "done", _("done")
        DEAD = "dead", _("needs a person")
        SKIPPED = "skipped", _("skipped")

    # Only what a person does goes through advance(); workers complete by `attempt = mine` (worker.py).
    TRANSITIONS = {
        "retry": ({State.DEAD}, State.PENDING),
        "skip": ({State.PENDING, State.DEAD}, State.SKIPPED),
    }
    UNFINISHED = (State.PENDING, State.DEAD)

    handler = models.CharField(max_length=100)
    destination = models.CharField(max_length=200)
    subject = models.CharField(max_length=200)
    stream = models.CharField(max_length=401)  # destination|subject
    payload = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    key = models.CharField(max_length=400, unique=True)
    origin = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    not_before = models.DateTimeField()
    attempt = models.PositiveIntegerField(default=0)  # counts claims; also whose claim it is
    spared = models.PositiveIntegerField(default=0)  # claims that did not use up a try
    max_attempts = models.PositiveIntegerField(default=12)
    created_at = models.DateTimeField()
    dead_at = models.DateTimeField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=20, blank=True)  # verified, refused, unknown, done
    last_error = models.TextField(blank=True)
    result = models.JSONField(default=dict, blank=True, encoder=DjangoJSONEncoder)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state="done", done_at__isnull=False) | (~Q(state="done") & Q(done_at__isnull=True)),
                name="message_done_has_time",
            ),
            models.CheckConstraint(condition=Q(spared__lte=F("attempt")), name="message_spares_only_attempts"),
        ]
        indexes = [
            # Both hold unfinished messages only: claiming costs the same beside a million done ones.
            models.Index(fields=["not_before", "id"], condition=Q(state="pending"), name="message_due"),
            models.Index(
                fields=["stream", "id"], condition=Q(state__in=["pending", "dead"]), name="message_stream_head"
            ),
            models.Index(fields=["origin", "id"], condition=~Q(origin=""), name="message_by_origin"),
        ]

    def __str__(self) -> str:
        return f"message {self.pk}: {self.handler} for {self.subject}"

    @property
    def used_attempts(self) -> int:
        return self.attempt - self.spared


class Attempt(models.Model):
    """One try of a message, from claim to answer."""

    message = models.ForeignKey(Message, models.CASCADE, related_name="attempts")
    number = models.PositiveIntegerField()
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    # "" while running; done, verified, refused, retry, unknown, away, error,
    # lost (no answer came) or late (answered when another worker had it)
    outcome = models.CharField(max_length=20, blank=True)
    error = models.TextField(blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["message", "number"], name="attempt_once_per_number")]

    def __str__(self) -> str:
        return f"try {self.number} of message {self.message_id}"


class Destination(models.Model):
    """A destination's circuit breaker. No row: it never was away."""

    class Breaker(models.TextChoices):
        CLOSED = "closed", _("answers")
        OPEN = "open", _("away")
        HALF_OPEN = "half_open", _("being probed")

    name = models.CharField(max_length=200, primary_key=True)
    breaker = models.CharField(max_length=10, choices=Breaker, default=Breaker.CLOSED)
    failures = models.PositiveIntegerField(default=0)  # in a row
    opened_at = models.DateTimeField(null=True)
    next_probe_at = models.DateTimeField(null=True)
    probe_message_id = models.BigIntegerField(null=True)
    last_error = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"{self.name}: {self.breaker}"
