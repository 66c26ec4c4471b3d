"""What a person can do about many vanished records: say that they were really deleted."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cockpit.accounts.models import Person
from cockpit.exception_queue.models import Case
from cockpit.exception_queue.repairs import NoRepairError
from integrations.odoo import resync


class Accept:
    """Believe it, through the outbox. What was hidden, not deleted, comes back when it is shown again."""

    key = "accept"
    asks_why = gettext_lazy("Who deleted them, and why?")

    def label(self, case: Case) -> str:
        return _("They were deleted")

    def said(self, case: Case, *, at: datetime) -> str:
        return "" if self.is_offered(case, at=at) else _("It was asked for, and waits for its turn.")

    def is_offered(self, case: Case, *, at: datetime) -> bool:
        return not resync.waiting(case.detail["model"])

    def run(self, case: Case, *, actor: Person, at: datetime, note: str = "") -> dict[str, object]:
        try:
            message = resync.ask(case.detail["model"], actor=actor, at=at, accept_vanished=True)
        except resync.UnknownModelError as unknown:
            raise NoRepairError(_("It is not read from Odoo any more.")) from unknown
        return {"message": message.pk}


ACCEPT = Accept()
