"""Static files as the started cockpit serves them: collected and compressed."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.test import override_settings

STORAGE = "cockpit.pages.collected.CollectedFiles"


@contextmanager
def collected(folder: Path, ignored: tuple[str, ...] = ()) -> Iterator[None]:
    """Collect into an empty folder, but for what is `ignored`; within, new clients are served from there."""
    storages = {**settings.STORAGES, "staticfiles": {"BACKEND": STORAGE}}
    with override_settings(STATIC_ROOT=folder, STORAGES=storages, WHITENOISE_USE_FINDERS=False):
        call_command("collectstatic", interactive=False, verbosity=0, ignore_patterns=list(ignored))
        yield
