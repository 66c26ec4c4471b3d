from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "cockpit.api"
    label = "api"
