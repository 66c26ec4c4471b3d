from django.apps import AppConfig


class SavedViewsConfig(AppConfig):
    name = "cockpit.saved_views"
