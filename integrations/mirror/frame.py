"""The freshness line of the page frame: as fresh as the model that was read longest ago."""

from datetime import datetime

from django.utils.translation import gettext as _

from cockpit.pages import words
from cockpit.pages.frame import Freshness
from integrations.mirror.services import LIMIT, freshness


def line(at: datetime) -> Freshness:
    """One query."""
    models = list(freshness(at=at).values())
    known = [one.succeeded_at for one in models if one.succeeded_at]
    if not known or len(known) < len(models):
        return Freshness("stale", _("Odoo has not been read completely yet"), stale=True)
    oldest = min(known)
    if at - oldest <= LIMIT:
        age = words.seconds_words((at - oldest).total_seconds())
        return Freshness("", _("Odoo fresh (%(age)s)") % {"age": age}, stale=False)
    since = {"time": words.moment(oldest, at)}
    if any(one.state == "failed" for one in models):
        return Freshness("late", _("Odoo not read since %(time)s") % since, stale=True)
    return Freshness("soon", _("Odoo last read at %(time)s") % since, stale=True)
