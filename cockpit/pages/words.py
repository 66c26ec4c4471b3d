"""Money, numbers and times as people read them: in the reader's language and the active time zone."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from django.utils import formats
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

NBSP = "\N{NO-BREAK SPACE}"
MINUS = "\N{MINUS SIGN}"
SYMBOLS = {"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥", "INR": "₹"}
WHOLE = {"JPY", "KRW", "CLP", "ISK", "VND"}  # currencies without a smaller coin


def number(value: Decimal | str | float, places: int | None = None) -> str:
    """`1234.5` as "1,234.5" or "1.234,5", rounded half up to `places`; None keeps the digits that are there."""
    value = Decimal(str(value))
    if places is not None:
        value = value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    text = formats.number_format(abs(value), decimal_pos=places, use_l10n=True, force_grouping=True)
    return f"{MINUS}{text}" if value < 0 else text


def money(amount: Decimal | str, currency: str, *, whole: bool = False) -> str:
    """`48200, "EUR"` as "€48,200.00" or "48.200,00 €"; a currency without a known sign keeps its code.

    `whole` leaves out the cents, rounded half up: for lists and sums.
    """
    value = Decimal(str(amount))
    digits = number(abs(value), 0 if whole or currency in WHOLE else 2)
    if sign := SYMBOLS.get(currency):
        text = pgettext("money: sign and amount", "%(sign)s%(amount)s") % {"sign": sign, "amount": digits}
    else:
        text = f"{currency}{NBSP}{digits}" if currency else digits
    return f"{MINUS}{text}" if value < 0 else text


def not_known() -> str:
    return _("not known")


def clock(at: datetime, *, seconds: bool = False) -> str:
    """Time of day: "14:03", "14:03:20"."""
    return formats.date_format(localtime(at), "H:i:s" if seconds else "H:i")


def day(value: date, *, now: datetime | None = None) -> str:
    """A calendar day: "12 Nov", with its year unless it is this one."""
    this_year = now is not None and localtime(now).year == value.year
    pattern = pgettext("date pattern", "j M") if this_year else pgettext("date pattern", "j M Y")
    return formats.date_format(value, pattern).replace(" ", NBSP)


def moment(at: datetime, now: datetime, *, seconds: bool = False) -> str:
    """How one would say when: "14:03", "Wed 16:52", "12 Nov 16:52"."""
    local, today = localtime(at), localtime(now).date()
    time = clock(at, seconds=seconds)
    if local.date() == today:
        return time
    near = abs((local.date() - today).days) < 7
    named = formats.date_format(local, "D") if near else day(local.date(), now=now)
    return pgettext("day and time", "%(day)s %(time)s") % {"day": named, "time": time}


def in_full(at: datetime) -> str:
    """For a tooltip: "Thursday 12 November 2026, 14:03:20 CET"."""
    local = localtime(at)
    return _("%(date)s, %(time)s %(zone)s") % {
        "date": formats.date_format(local, pgettext("date pattern", "l j F Y")),
        "time": clock(at, seconds=True),
        "zone": local.tzname(),
    }


def seconds_words(seconds: float) -> str:
    """An age: "8 s", "12 min", "3 h", "2 days"."""
    whole = max(0, int(seconds))
    if whole < 100:
        return _("%(count)d s") % {"count": whole}
    if whole < 100 * 60:
        return _("%(count)d min") % {"count": whole // 60}
    if whole < 48 * 3600:
        return _("%(count)d h") % {"count": whole // 3600}
    return _("%(count)d days") % {"count": whole // 86400}


def end_of_day(now: datetime) -> datetime:
    """The first moment of the viewer's tomorrow."""
    return _midnight(now, 1)


def end_of_week(now: datetime) -> datetime:
    """The first moment of the viewer's next Monday."""
    return _midnight(now, 7 - localtime(now).weekday())


def _midnight(now: datetime, days: int) -> datetime:
    local = localtime(now)
    return (local + timedelta(days=days)).replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
