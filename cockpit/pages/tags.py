"""Template words: `{% load words %}` in every template, through settings."""

import re
from datetime import datetime
from decimal import Decimal
from typing import Any

from django import template
from django.template import Context
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

from cockpit.pages import words
from cockpit.pages.frame import Standing, Standings
from cockpit.pages.languages import Language, languages
from cockpit.time.words import duration_words

register = template.Library()


@register.simple_tag
def icon(name: str) -> SafeString:
    """A drawing from the sprite; it never stands without a word beside it."""
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}#{}"/></svg>', static("img/icons.svg"), name)


@register.simple_tag
def kbd(key: str) -> SafeString:
    """A key on its button; `aria-keyshortcuts` on the button tells it to those who listen."""
    return format_html('<span class="kbd" aria-hidden="true">{}</span>', key.upper())


@register.simple_tag
def when(at: datetime | None, style: str = "moment", *, beside: str = "") -> SafeString | str:
    """A time in the viewer's zone, in full on hover. `style`: moment, clock, seconds, full."""
    if at is None:
        return ""
    now = timezone.now()
    texts = {
        "moment": lambda: words.moment(at, now),
        "clock": lambda: words.clock(at),
        "seconds": lambda: words.moment(at, now, seconds=True),
        "full": lambda: words.in_full(at),
    }
    title = f"{words.in_full(at)}{beside}"
    return format_html('<time datetime="{}" title="{}">{}</time>', at.isoformat(), title, texts[style]())


@register.simple_tag(takes_context=True)
def standing(context: Context, what: str, name: str, is_open: object = True) -> Standing:
    """How old the numbers of a page (`what`: page), or of a kind of request or case are.

    What is closed stays as it was decided: there it does not matter.
    """
    if not is_open:
        return Standing()
    found: Standings = context["frame"].standings
    return {"page": found.of_page, "request": found.of_request, "case": found.of_case}[what](name)


@register.simple_tag
def due_title(timer: Any) -> str:
    """For a timer's tooltip: when it is due, in full, also where its clock counts."""
    return f"{words.in_full(timer.due_at)}{timer.beside}" if timer.due_at else ""


@register.simple_tag
def money(amount: Decimal | str | None, currency: str = "", whole: str = "") -> str | SafeString:
    return missing() if amount is None else words.money(amount, currency, whole=bool(whole))


@register.simple_tag
def missing(style: str = "dash") -> SafeString:
    """A value that nobody knows. Where there is room ("words") it says so; in lists the words are for the ear."""
    said = format_html('<span class="sr">{}</span>' if style == "dash" else "{}", words.not_known())
    return format_html('<span class="none"><span aria-hidden="true">—</span> {}</span>', said)


NUMBER = re.compile(r"[−-]?[€$£¥₹]?\d[\d.,:\u00a0]*(?:[€$£¥₹]|\b)|[A-Z]{3}\u00a0\d[\d.,]*")


@register.filter
def numbers(text: Any) -> SafeString:
    """The text with its numbers kept whole: where cells are narrow words may break, an amount may not."""
    pieces, end = [], 0
    said = str(text)
    for match in NUMBER.finditer(said):
        pieces += [escape(said[end : match.start()]), format_html('<span class="nowrap">{}</span>', match[0])]
        end = match.end()
    return mark_safe("".join([*pieces, escape(said[end:])]))  # noqa: S308  each piece is escaped


@register.filter
def duration(seconds: float) -> str:
    return duration_words(seconds)


@register.filter
def within(path: str, place: str) -> bool:
    """Is the page at `path` part of the rail's `place`?"""
    return path.startswith(place)


@register.simple_tag(name="languages")
def all_languages() -> list[Language]:
    return languages()
