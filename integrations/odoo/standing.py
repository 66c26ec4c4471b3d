"""Whether what a page, a request or a case shows is as Odoo has it, and if not, since when not."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.utils.translation import gettext as _

from cockpit.pages import words
from cockpit.pages.frame import Freshness, Standing
from integrations.mirror.dependents import models_of
from integrations.mirror.frame import line_of
from integrations.mirror.services import LIMIT, freshness
from integrations.odoo.pull.catalogue import MAPS
from integrations.odoo.pull.names import NAMES

NAMED = 3  # models that a sentence names; the page "Data" has them all


class Standings:
    """Read once for a page, in one query."""

    def __init__(self, at: datetime) -> None:
        self.at = at
        self.models = freshness(at=at)
        self.read_at = {model: one.succeeded_at for model, one in self.models.items()}

    def line(self) -> Freshness:
        """For the frame of the page."""
        return line_of(list(self.models.values()), self.at)

    def of_page(self, name: str) -> Standing:
        return self.of(models_of(page=name))

    def of_request(self, kind: str) -> Standing:
        """A kind that declares nothing may rest on anything."""
        return self.of(models_of(request=kind) or {each.odoo_model for each in MAPS})

    def of_case(self, kind: str) -> Standing:
        """A kind that declares nothing is about the cockpit itself."""
        return self.of(models_of(case=kind))

    def of(self, models: Iterable[str]) -> Standing:
        times = {model: self.read_at.get(model) for model in models}
        old = {model: at for model, at in times.items() if at is None or self.at - at > LIMIT}
        if not old:
            return Standing()
        names = _named([str(NAMES.get(each.odoo_model)) for each in MAPS if each.odoo_model in old])
        if None in old.values():
            return Standing(_("Not read from Odoo completely yet: %(models)s.") % {"models": names})
        since = words.moment(min(at for at in old.values() if at), self.at)
        return Standing(_("Not read from Odoo since %(time)s: %(models)s.") % {"time": since, "models": names})


def _named(names: list[str]) -> str:
    if len(names) <= NAMED:
        return ", ".join(names)
    said = {"names": ", ".join(names[: NAMED - 1]), "count": len(names) - NAMED + 1}
    return _("%(names)s and %(count)d more") % said
