from django.apps import AppConfig


class OutboxConfig(AppConfig):
    name = "cockpit.outbox"
    label = "outbox"
