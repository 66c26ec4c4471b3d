from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from tests import cast
from tests.cast import MONDAY, Firm
from tests.visiting import visitor

NOW = MONDAY + timedelta(minutes=42)


@pytest.fixture
def now() -> Iterator[Any]:
    """Monday, 10:42 in Berlin; `now.shift(…)` moves it."""
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def open_firm(db: None, now: Any) -> Firm:
    """The cast with a policy in force."""
    made = cast.firm()
    cast.policy()
    return made


@pytest.fixture
def visit(open_firm: Firm) -> Callable[[str], Client]:
    """`visit("ann")`: a browser in which she is signed in."""
    return lambda name: visitor(open_firm, name)
