"""What cases about the connection say of themselves; what can be done about them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cockpit.accounts.models import Person
from cockpit.exception_queue.kinds import Kind, Record
from cockpit.exception_queue.models import Case
from integrations.odoo.guardian import services, words
from integrations.odoo.guardian.finding import from_json


def title(case: Case) -> str:
    return words.what(from_json(case.detail))


def why(case: Case) -> str:
    return words.do(from_json(case.detail))


def records(case: Case) -> list[Record]:
    return [Record(_("Connection to Odoo"), reverse("odoo_connection"))]


_COMMON: dict[str, Any] = {
    "owner_roles": ("operations_admin", "pmo"),
    "may_be_closed": False,
    "closes": gettext_lazy("When the next look finds it right."),
    "title": title,
    "why": why,
    "records": records,
}
KEY = Kind(gettext_lazy("Key to Odoo"), within_h=8, runbook="odoo-key", **_COMMON)
RIGHTS = Kind(gettext_lazy("Rights in Odoo"), within_h=16, runbook="odoo-rights", **_COMMON)
API = Kind(gettext_lazy("Odoo’s older API"), within_h=80, runbook="odoo-api", **_COMMON)
DRIFT = Kind(gettext_lazy("Guard in Odoo was changed"), within_h=8, runbook="odoo-drift", **_COMMON)
NEIGHBOURS = Kind(gettext_lazy("Another’s rule in Odoo"), within_h=40, runbook="odoo-other-rules", **_COMMON)


class LookAgain:
    """Ask for a look now, through the outbox."""

    key = "look_again"
    asks_why = ""

    def label(self, case: Case) -> str:
        return _("Check again")

    def said(self, case: Case, *, at: datetime) -> str:
        return "" if self.is_offered(case, at=at) else _("It was asked for, and waits for its turn.")

    def is_offered(self, case: Case, *, at: datetime) -> bool:
        return not services.waiting()

    def run(self, case: Case, *, actor: Person, at: datetime, note: str = "") -> dict[str, object]:
        return {"message": services.ask(actor=actor, at=at).pk}


LOOK_AGAIN = LookAgain()
