"""Who may do what with a request, over pages and API: one table, from which the tests are made.

The people are those of `tests.cast`, all of whom meet a request of the German company that Ben asked; and one that Ann
asked herself. Whoever may not see it must not learn that it exists; whoever may see it and not do something is
refused, and nothing has changed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone

from approvals import services
from approvals.models import Request, Step
from tests.cast import Firm

FINANCE = frozenset({"ann", "dan"})  # who is asked
SEES = frozenset({"ann", "dan", "mia", "lea", "ben"})  # whose scope it is, and who asked
HIDDEN = ("eve", "frank")  # no role at all; finance of another company
PAGE, API = "page", "api"


@dataclass(frozen=True)
class Case:
    """A request that waits for finance, and who knows what of it."""

    firm: Firm
    request: Request

    @property
    def step(self) -> Step:
        return Step.objects.get(round__request=self.request, round__closed_at__isnull=True, role="finance")

    @property
    def bound(self) -> dict[str, Any]:
        return {"step": self.step.pk, "snapshot": self.request.snapshot_id, "verdict": "approve"}

    def decided(self, by: str) -> None:
        step = self.step
        services.decide(step.pk, actor=self.firm[by], verdict="approve", snapshot_id=self.request.snapshot_id or 0,
                        at=timezone.now())  # fmt: skip

    def question(self, by: str = "ann") -> dict[str, Any]:
        asked = services.ask_back(self.step.pk, actor=self.firm[by], text="Which PO?", at=timezone.now())
        return {"question": asked.pk, "text": "PO 7"}


@dataclass(frozen=True)
class Action:
    """`may`: who may, when Ben asked. `own`: who may, when Ann asked. `body`: what is sent, made for each try."""

    name: str
    may: frozenset[str]
    own: frozenset[str]
    method: str = "post"
    surface: str = PAGE
    suffix: str = ""  # of the API's address
    body: Callable[[Case], Any] = field(default=lambda case: {})

    def __str__(self) -> str:
        return f"{self.surface}:{self.name}"


def about(name: str) -> Callable[[Case], dict[str, Any]]:
    """A step, and another person with the role: Dan's colleague is Ann."""
    return lambda case: {"step": case.step.pk, name: case.firm["lea"].email, "text": "Look, please", "reason": "Away"}


def colleague(case: Case) -> dict[str, Any]:
    return {"step": case.step.pk, "to": case.firm["dan"].email, "reason": "Knows the client"}


def undo(case: Case) -> dict[str, Any]:
    """Dan decided: nobody else takes that back."""
    case.decided("dan")
    return {}


def claimed(case: Case) -> dict[str, Any]:
    services.claim(case.step.pk, actor=case.firm["dan"], at=timezone.now())
    return {"step": case.step.pk}


def asked_of_ben(case: Case) -> dict[str, Any]:
    return case.question("dan")


DAN = frozenset({"dan"})
OWN_SEES = SEES - {"ben"}  # Ann asked it, so Ben has no part in it
ACTIONS = [
    Action("request", SEES, OWN_SEES, "get"),
    Action("request_status", SEES, OWN_SEES, "get"),
    Action("request_beside", SEES, OWN_SEES, "get"),
    Action(
        "request_moved",
        SEES,
        OWN_SEES,
        "get",
        body=lambda case: {"step": case.step.pk, "snapshot": case.request.snapshot_id},
    ),
    Action("decide", FINANCE, DAN, body=lambda case: case.bound),
    Action("undo", DAN, DAN, body=undo),
    Action("comment", SEES, OWN_SEES, body=lambda case: {"text": "Looks right."}),
    Action("ask_back", FINANCE, DAN, body=lambda case: {"step": case.step.pk, "text": "Which PO?"}),
    Action("answer", frozenset({"ben"}), frozenset({"ann"}), body=asked_of_ben),
    Action("take_back", DAN, DAN, body=asked_of_ben),
    Action("claim", FINANCE, DAN, body=lambda case: {"step": case.step.pk}),
    Action("release", DAN, DAN, body=claimed),
    Action("hand_on", FINANCE, DAN, body=about("to")),
    Action("consult", FINANCE, DAN, body=about("person")),
    Action("add_approver", FINANCE, DAN, body=about("person")),
    Action("reassign", FINANCE | {"mia"}, DAN, body=colleague),
    Action("snooze", SEES, OWN_SEES, body=lambda case: {"until": "tomorrow"}),
    Action("withdraw", frozenset({"ben"}), frozenset({"ann"}), body=lambda case: {"note": "Wrong client"}),
    Action("read", SEES, OWN_SEES, "get", API),
    Action("decide", FINANCE, DAN, "post", API, "/decisions", lambda case: case.bound),
    Action("undo", DAN, DAN, "post", API, "/undo", undo),
    Action("comment", SEES, OWN_SEES, "post", API, "/comments", lambda case: {"text": "Looks right."}),
]
