"""Where people's chats are: `CHAT_URLS` names a file with an Apprise URL for each e-mail address."""

import hashlib
from functools import lru_cache
from pathlib import Path

import yaml
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from cockpit.accounts.models import Person


def url_of(person: Person) -> str:
    """Where this person's chat is, as Apprise writes it; empty for none."""
    return book(settings.CHAT_URLS).get(person.email.lower(), "")


def destination(url: str) -> str:
    """One breaker for each address, without its secrets: "chat slack 1f0c22"."""
    return f"chat {url.partition(':')[0]} {hashlib.sha256(url.encode()).hexdigest()[:6]}"


@lru_cache(maxsize=4)
def book(path: str) -> dict[str, str]:
    """E-mail address → where that person's chat is. Raises ImproperlyConfigured with what is wrong."""
    if not path:
        return {}
    try:
        found = yaml.safe_load(Path(path).read_text("utf-8"))
    except (OSError, yaml.YAMLError) as problem:
        raise ImproperlyConfigured(f"CHAT_URLS: {path} cannot be read: {problem}") from problem
    if not isinstance(found, dict) or not all(isinstance(url, str) and "://" in url for url in found.values()):
        raise ImproperlyConfigured(f"CHAT_URLS: {path} must say for each e-mail address one Apprise URL.")
    return {str(name).lower(): url for name, url in found.items()}
