from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "cockpit.accounts"
    label = "accounts"
