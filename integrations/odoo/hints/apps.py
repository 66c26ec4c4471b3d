from django.apps import AppConfig


class HintsConfig(AppConfig):
    name = "integrations.odoo.hints"
    label = "hints"
