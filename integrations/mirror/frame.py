"""The freshness line of the page frame: as fresh as the model that was read longest ago."""

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext as _

from cockpit.pages import words
from cockpit.pages.frame import Freshness
from integrations.mirror import services
from integrations.mirror.services import LIMIT, freshness


def line(at: datetime) -> Freshness:
    """One query."""
    return line_of(list(freshness(at=at).values()), at)


def line_of(models: Sequence[services.Freshness], at: datetime) -> Freshness:
    known = [one.succeeded_at for one in models if one.succeeded_at]
    if not known or len(known) < len(models):
        return Freshness("stale", _("Odoo has not been read completely yet"), stale=True)
    oldest = min(known)
    since = {"time": words.moment(oldest, at)}
    if at - oldest <= LIMIT:
        seconds = int((at - oldest).total_seconds())
        said = _("Odoo fresh (%(age)s)")
        return Freshness(
            "",
            said % {"age": words.seconds_words(seconds)},
            stale=False,
            age_s=max(0, seconds),
            limit_s=int(LIMIT.total_seconds()),
            counting=said % {"age": "{age}"},
            ended=_("Odoo last read at %(time)s") % since,
        )
    if any(one.state == "failed" for one in models):
        return Freshness("late", _("Odoo not read since %(time)s") % since, stale=True)
    return Freshness("soon", _("Odoo last read at %(time)s") % since, stale=True)
