from django.core.serializers.json import DjangoJSONEncoder
from django.db import models


class Event(models.Model):
    """Something that happened, once per key. Says *look*; rules read the state."""

    name = models.CharField(max_length=100)
    subject = models.CharField(max_length=200)
    key = models.CharField(max_length=300, unique=True)
    at = models.DateTimeField()
    payload = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    origin = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [models.Index(fields=["subject", "id"], name="event_by_subject")]

    def __str__(self) -> str:
        return f"{self.name} {self.subject}"
