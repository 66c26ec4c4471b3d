"""Chromium in front of a live server. What it complains about, and what the content policy refuses, fails the test."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from integrations.mirror.models import Cursor
from integrations.odoo.pull.catalogue import MAPS
from tests import cast
from tests.cast import Firm
from tests.visiting import visitor

# A refused decision and a page that is gone are answers; Chromium logs their status although the page shows them.
# A poll that gave way to an act is logged by htmx as sent in vain. What is asked for without a line is logged, too.
EXPECTED = re.compile(
    r"(status of|Status Error Code) (404|409|422)\b.*/(queue/R-|exceptions/E-|ask/)|^htmx:(afterRequest|sendAbort)\b"
    r"|ERR_INTERNET_DISCONNECTED|^htmx:sendError|(status of|Status Error Code) 500.*/part/|status of 404.*/nowhere/"
)
POLICY = """
addEventListener("securitypolicyviolation", (event) =>
  console.error("refused by policy:", event.violatedDirective, event.blockedURI));
"""


@pytest.fixture
def firm(transactional_db: None) -> Firm:
    """The cast, a policy in force, and a mirror that was read just now."""
    made = cast.firm()
    cast.policy(at=timezone.now() - timedelta(days=30))
    for each in MAPS:
        Cursor.objects.create(model=each.odoo_model, fresh_at=timezone.now(), status="done")
    return made


@pytest.fixture
def browse(chromium: Any, live_server: Any) -> Iterator[Callable[..., Any]]:
    """`browse(client, width=360, dark=True)`: a page with that client's sign-in. Other words go to the context."""
    opened: list[tuple[Any, list[str]]] = []

    def open_page(
        client: Client | None = None, *, width: int = 1280, height: int = 900, dark: bool = False, **more: Any
    ) -> Any:
        scheme = "dark" if dark else "light"
        context = chromium.new_context(
            base_url=live_server.url,
            viewport={"width": width, "height": height},
            color_scheme=scheme,
            locale="en-GB",
            **more,
        )
        context.set_default_timeout(10_000)
        context.add_init_script(POLICY)
        if client is not None:
            cookie = client.cookies[settings.SESSION_COOKIE_NAME]
            context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": live_server.url}])
        page = context.new_page()
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(complaint(message)) if is_bad(message) else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        opened.append((context, complaints))
        return page

    yield open_page
    said = [text for _context, complaints in opened for text in complaints if not EXPECTED.search(text)]
    for context, _complaints in opened:
        context.close()
    assert said == []


def is_bad(message: Any) -> bool:
    return message.type in {"error", "warning"}


def complaint(message: Any) -> str:
    return f"{message.text} {message.location.get('url', '')}"


@pytest.fixture
def sit(firm: Firm, browse: Callable[..., Any]) -> Callable[..., Any]:
    """`sit("ann")`: her browser, signed in."""
    return lambda name, **more: browse(visitor(firm, name), **more)
