from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from cockpit.api import services
from cockpit.api.models import Scope
from tests import cast
from tests.cast import MONDAY, Firm

NOW = MONDAY + timedelta(minutes=42)
ALL = tuple(Scope.values)


@dataclass
class Program:
    """A client that sends one token: `ben.get("/requests")`."""

    key: str

    def get(self, path: str, **query: Any) -> Any:
        return self._send("get", path, query)

    def post(self, path: str, body: Any = None) -> Any:
        return self._send("post", path, body, content_type="application/json")

    def _send(self, method: str, path: str, given: Any, **more: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        return getattr(Client(), method)(f"/api/v1{path}", given or {}, headers=headers, **more)


@pytest.fixture
def now():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def firm(db: None, now: Any) -> Firm:
    made = cast.firm()
    cast.policy()
    return made


@pytest.fixture
def program(firm: Firm) -> Callable[..., Program]:
    """`program("ann", "read")`: a program of hers that may read; without scopes all."""

    def make(name: str, *scopes: str) -> Program:
        issued = services.issue(actor=firm[name], name="Reports", scopes=scopes or ALL, days=30, at=timezone.now())
        return Program(issued.key)

    return make
