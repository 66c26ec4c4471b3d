"""Visiting pages as one of the cast, and reading what they show."""

import re
from datetime import datetime
from html import unescape
from typing import Any

from django.test import Client

from cockpit import outbox
from cockpit.accounts.models import User
from cockpit.outbox.models import Message
from tests.cast import Firm

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


def visitor(firm: Firm, name: str) -> Client:
    return signed_in(firm.user(name))


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend=BACKEND)
    return client


def words(response: Any) -> str:
    """What the page says: without tags, one space between words."""
    text = re.sub(r"<(script|style)\b.*?</\1>", " ", response.content.decode(), flags=re.S)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", text)).replace("\u00a0", " ").split())


def form_of(response: Any, verdict: str = "approve") -> dict[str, str]:
    """The hidden fields of the decision form that the page offers, as a browser would send them."""
    for form in re.findall(r"<form\b[^>]*/decide/.*?</form>", response.content.decode(), flags=re.S):
        fields = dict(re.findall(r'<input type="hidden"\s+name="(\w+)"\s+value="([^"]*)"', form))
        if fields.get("verdict") == verdict:
            return {name: value for name, value in fields.items() if name != "csrfmiddlewaretoken"}
    raise AssertionError(f"The page offers no form to {verdict}.")


def fields_of_row(response: Any) -> dict[str, Any]:
    """What a browser would send for the form of a row, as the page holds it."""
    html = response.content.decode()
    form = html[html.index('id="row-form"') : html.index("</form>", html.index('id="row-form"'))]
    found: dict[str, Any] = {}
    for tag in re.findall(r"<input\b[^>]*>", form):
        name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
        checkable = 'type="checkbox"' in tag
        if name and not (checkable and "checked" not in tag):
            found[name[1]] = value[1] if value else ("on" if checkable else "")
    for name, inner in re.findall(r'<select name="([^"]*)".*?>(.*?)</select>', form, flags=re.S):
        chosen = re.search(r'<option value="([^"]*)"[^>]*selected', inner) or re.search(r'value="([^"]*)"', inner)
        found[name] = chosen[1] if chosen else ""
    return {key: unescape(value) for key, value in found.items() if key != "csrfmiddlewaretoken"}


def put_effects(request: Any, *, at: datetime, number: int = 1) -> dict[str, Message]:
    """The three messages that follow an approval, as the outbox holds them before a worker came."""
    made = {}
    for what, destination in (("release", "odoo"), ("post", "odoo"), ("note", "odoo-notes")):
        made[what] = outbox.put(
            "odoo.push",
            destination=destination,
            subject=request.subject.removeprefix("odoo."),
            payload={},
            key=f"{request.number}/{number}/{what}",
            at=at,
            origin=request.audit_subject,
        )
    return made


def answered(message: Message, **columns: Any) -> None:
    """As a worker would leave the message."""
    Message.objects.filter(pk=message.pk).update(**columns)


def with_keys(page: Any) -> None:
    """Wait until an open page listens to keys, and what they act on is there: one pressed earlier is lost.

    By a locator: a string that Playwright asks again and again is `eval`, which the content policy forbids.
    """
    page.locator("html[data-keys]").wait_for(state="attached")
    page.locator("[data-first]").wait_for(state="hidden")
