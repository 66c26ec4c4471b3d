"""Durations, due dates and closed hours in words. Pure but for translation; times are shown in the given zone."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.utils.dateformat import format as date_text
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cockpit.time.calendar import Reason, Why, zone_named

MINUTE, HOUR, DAY = 60, 3600, 86_400


def duration_words(seconds: float) -> str:
    """ "42 min", "3 h", "3 h 20": whole minutes that have passed."""
    hours, minutes = divmod(int(seconds) // MINUTE, 60)
    if not hours:
        return _("%(minutes)d min") % {"minutes": minutes}
    if not minutes:
        return _("%(hours)d h") % {"hours": hours}
    return _("%(hours)d h %(minutes)02d") % {"hours": hours, "minutes": minutes}


def due_words(due_at: datetime, at: datetime, zone: str) -> str:
    """ "42 min" or "3 h 20" when it is due today, else "Fri 12:00" or "Mon 4 Jan"; "25 min late", "2 d late"."""
    left = (due_at - at).total_seconds()
    if abs(left) < MINUTE:
        return _("now")
    if left < 0:
        return late_words(-left)
    where = zone_named(zone)
    if due_at.astimezone(where).date() == at.astimezone(where).date():
        return duration_words(left)
    return when_words(due_at, at, zone)


def late_words(seconds: float) -> str:
    """By how much wall-clock time something is late."""
    if seconds >= 2 * DAY:
        days = int(seconds // DAY)
        return ngettext("%(days)d d late", "%(days)d d late", days) % {"days": days}
    return _("%(duration)s late") % {"duration": duration_words(seconds)}


def when_words(moment: datetime, at: datetime, zone: str) -> str:
    """A moment as seen from `at`: "16:00" on the same day, "Fri 12:00" within six days, else "Mon 4 Jan" (2028)."""
    local, now = (each.astimezone(zone_named(zone)) for each in (moment, at))
    days = (local.date() - now.date()).days
    if days == 0:
        return date_text(local, "H:i")
    if abs(days) < 7:
        return date_text(local, "D H:i")
    return date_text(local, "D j M" if local.year == now.year else "D j M Y")


def cause_words(cause: str) -> str:
    """Why a clock runs or waits, in the reader's language: "waiting for %(about)s: Ben" is "waiting for Ben".

    Behind the colon stands whom it is about; where that was erased it is somebody.
    """
    message, _colon, about = cause.partition(": ")
    if "%(about)s" not in message:
        return _(cause)
    return _(message) % {"about": about or _("somebody")}


def reason_words(reasons: Iterable[Reason]) -> str:
    """What closes a stretch: "weekend", "Christmas Day, weekend"."""
    return ", ".join(reason.name or _WORDS[reason.why]() for reason in reasons)


_WORDS = {
    Why.ABSENCE: lambda: _("absence"),
    Why.HOLIDAY: lambda: _("holiday"),
    Why.WEEKEND: lambda: _("weekend"),
    Why.DAY_OFF: lambda: _("day off"),
    Why.OUTSIDE_HOURS: lambda: _("outside hours"),
}
