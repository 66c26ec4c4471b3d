from django.apps import AppConfig


class TimeConfig(AppConfig):
    name = "cockpit.time"
    label = "time"
