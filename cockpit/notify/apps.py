from django.apps import AppConfig


class NotifyConfig(AppConfig):
    name = "cockpit.notify"
    label = "notify"
