from django.apps import AppConfig
from django.core import checks
from django.core.exceptions import ImproperlyConfigured


class NotifyConfig(AppConfig):
    name = "cockpit.notify"
    label = "notify"

    def ready(self) -> None:
        checks.register(addresses)


def addresses(**_: object) -> list[checks.CheckMessage]:
    """A file that cannot be read is said when the cockpit starts, not when somebody is to be told."""
    from django.conf import settings

    from cockpit.notify import chats

    try:
        chats.book(settings.CHAT_URLS)
    except ImproperlyConfigured as problem:
        return [checks.Error(str(problem), id="notify.E001")]
    return []
