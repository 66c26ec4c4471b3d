from django.apps import AppConfig


class MirrorConfig(AppConfig):
    name = "integrations.mirror"
    label = "mirror"
