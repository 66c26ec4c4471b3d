from django.apps import AppConfig


class EventsConfig(AppConfig):
    name = "cockpit.events"
    label = "events"
