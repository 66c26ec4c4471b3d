from collections.abc import Mapping
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class ClosedDoorAdapter(DefaultAccountAdapter):
    """Nobody signs up by themselves: people come from Odoo and are given their roles."""

    def is_open_for_signup(self, request) -> bool:
        return False


def login_name(request: HttpRequest, credentials: Mapping[str, Any] | None = None) -> str:
    """Whose wrong passwords are counted: allauth hands over `email`, its form's field is `login`; in lower case."""
    given = (credentials or {}).get("email") or (credentials or {}).get("username") or request.POST.get("login", "")
    return str(given).strip().lower()
