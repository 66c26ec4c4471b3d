"""What every test stands on: PostgreSQL and Valkey of our own, no way out to the network, and Chromium."""

import importlib
import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import django
import hypothesis
import pytest
from django.conf import settings
from django.utils import translation

from cockpit.launch.services import throw_away
from tests.chromium import FLAGS, find_chromium

LIVE = Path(__file__).parent / "live"
started = ExitStack()  # closed when pytest ends; workers of xdist find the addresses in the environment they inherit


def start_services() -> None:
    """Set DATABASE_URL and REDIS_URL, unless somebody has, before Django reads its settings."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cockpit.settings")
    os.environ.setdefault("SECRET_KEY", "for tests only")
    missing = {name for name in ("DATABASE_URL", "REDIS_URL") if not os.environ.get(name)}
    if missing:
        services = throw_away(with_postgres="DATABASE_URL" in missing, with_valkey="REDIS_URL" in missing)
        os.environ.update(started.enter_context(services))


start_services()
django.setup()
# The real one takes half a second on purpose.
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
importlib.import_module("tests.emptying")  # needs the models

hypothesis.settings.register_profile("quick", max_examples=60, deadline=None)
hypothesis.settings.register_profile("deep", max_examples=3000, deadline=None)
hypothesis.settings.load_profile("deep" if os.environ.get("DEEP") else "quick")


@pytest.fixture(autouse=True)
def _own_language() -> Iterator[None]:
    """A visit leaves its language in the thread; the next test begins in its own."""
    translation.activate(settings.LANGUAGE_CODE)
    yield
    translation.activate(settings.LANGUAGE_CODE)


def pytest_unconfigure() -> None:
    started.close()


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """The live suite needs a real Odoo: it runs only when it is named."""
    if collection_path == LIVE and not any("live" in argument for argument in config.args):
        return True
    return None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Properties and races are what `make test-deep` runs, without anybody having to say so."""
    for item in items:
        if "rounds" in getattr(item, "fixturenames", ()) or hypothesis.is_hypothesis_test(getattr(item, "obj", None)):
            item.add_marker("deep")


# --- no way out ---------------------------------------------------------------------------------


class ForeignSocketError(Exception):
    """A test tried to reach another machine."""


def local(address: Any) -> bool:
    return not isinstance(address, tuple) or address[0] in {"127.0.0.1", "localhost", "::1", "", "0.0.0.0"}


def guard(call: Any) -> Any:
    def checked(self: socket.socket, address: Any) -> Any:
        if not local(address):
            raise ForeignSocketError(f"Tests stay on this machine; something connects to {address}.")
        return call(self, address)

    return checked


@pytest.fixture(autouse=True, scope="session")
def no_way_out() -> Iterator[None]:
    """Sockets to anything but this machine are refused, for every test."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guard(socket.socket.connect))
        patch.setattr(socket.socket, "connect_ex", guard(socket.socket.connect_ex))
        yield


# --- rounds -------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def rounds() -> int:
    """How often a race is run: 3, and 100 in `make test-deep`."""
    return 100 if os.environ.get("DEEP") else 3


# --- the browser ----------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """A started Chromium (a Playwright `Browser`), found on this machine or installed once."""
    from playwright.sync_api import sync_playwright

    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv(
            "DJANGO_ALLOW_ASYNC_UNSAFE", "1"
        )  # Playwright keeps a loop in this thread; our code is synchronous
        browser = playwright.chromium.launch(executable_path=find_chromium(playwright), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Any) -> Iterator[Any]:
    """A fresh page with its own cookies; `page.complaints` are the browser's errors, CSP reports among them."""
    context = chromium.new_context(locale="en-GB", viewport={"width": 1280, "height": 900})
    context.set_default_timeout(10_000)
    page = context.new_page()
    page.complaints = []
    page.on("console", lambda message: page.complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    yield page
    context.close()
