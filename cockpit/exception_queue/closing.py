"""Why a case closed by itself: written down in English, since nobody reads along, and said in the reader's language."""

from __future__ import annotations

import re
from decimal import Decimal

from django.utils.translation import gettext

from cockpit.pages import words

NUMBER = re.compile(r"\d+(?:\.\d+)?")


def reason(pattern: str, *numbers: Decimal) -> str:
    """What a rule writes down. `pattern`, marked by `gettext_noop`, has a "#" for each number."""
    for number in numbers:
        pattern = pattern.replace("#", f"{number.normalize():f}", 1)
    return pattern


def said(written: str) -> str:
    """In the reader's language, if a rule wrote it; what a person wrote stays as it is."""
    pattern = NUMBER.sub("#", written)
    known = gettext(pattern) if written else ""
    if known in ("", pattern):
        return written
    for number in NUMBER.findall(written):
        known = known.replace("#", words.number(number), 1)
    return known
