from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "cockpit.audit"
    label = "audit"
