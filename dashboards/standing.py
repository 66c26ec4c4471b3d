"""How old the numbers are: as of when, and since when they are no longer kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from cockpit.pages import words
from dashboards.models import Rollup
from dashboards.rollups import SOURCES
from integrations.mirror.services import LIMIT, staleness_of
from integrations.odoo.pull.names import NAMES


@dataclass(frozen=True)
class Standing:
    """`as_of`: everything that Odoo had by then is in; None before the first complete reading."""

    as_of: datetime | None
    stale: bool
    sentence: str


def standing(rollup: Rollup, at: datetime) -> Standing:
    """One query."""
    worst = [one for one in staleness_of(SOURCES, at=at) if one.state != "fresh"]
    if rollup.checked_at is None:
        return Standing(
            None, True, _("The numbers have not been counted yet. The worker does it after the first reading.")
        )
    if worst:
        oldest = min((one.succeeded_at for one in worst if one.succeeded_at), default=None)
        names = ", ".join(sorted(str(NAMES.get(one.model, one.model)) for one in worst))
        if oldest is None:
            return Standing(
                rollup.read_to, True, _("%(models)s: not read from Odoo completely yet.") % {"models": names}
            )
        said = {"models": names, "time": words.moment(oldest, at)}
        return Standing(rollup.read_to, True, _("Stale since %(time)s: %(models)s could not be read since.") % said)
    if at - rollup.checked_at > LIMIT:
        said = {"time": words.moment(rollup.checked_at, at)}
        return Standing(rollup.read_to, True, _("Not counted since %(time)s: is the worker running?") % said)
    return Standing(rollup.read_to, False, "")
