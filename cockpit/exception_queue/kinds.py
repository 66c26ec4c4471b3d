"""What each kind of case says of itself: words, whose it is, how soon, which runbook. Named in settings.CASE_KINDS.

Facts are kept with the case, in `detail`; sentences are made of them here, in the reader's language.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.utils.functional import Promise
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

from cockpit.exception_queue.models import Case

Words = str | Promise


@dataclass(frozen=True)
class Record:
    """A record that a case is about. `url`: where it is in Odoo, or here; `amount` is money or hours, in words."""

    label: str
    url: str = ""
    detail: str = ""
    amount: str = ""


@dataclass(frozen=True)
class Kind:
    """`owner_roles`: the first of them that somebody holds in the case's unit owns it. `within_h`: business hours."""

    label: Words
    owner_roles: tuple[str, ...] = ("pmo",)
    within_h: float | None = None
    runbook: str = ""
    closes: Words = ""
    may_be_closed: bool = True
    title: Callable[[Case], str] | None = None
    row: Callable[[Case], str] | None = None  # below the heading of its cause, which needs not be said again
    why: Callable[[Case], str] | None = None
    records: Callable[[Case], Sequence[Record]] | None = None
    cause: Callable[[str, int], str] | None = None  # cause, how many → the heading of their group

    def title_of(self, case: Case) -> str:
        return self.title(case) if self.title else case.title

    def row_of(self, case: Case) -> str:
        return self.row(case) if self.row else self.title_of(case)

    def why_of(self, case: Case) -> str:
        return self.why(case) if self.why else ""

    def records_of(self, case: Case) -> Sequence[Record]:
        return self.records(case) if self.records else _record_in_odoo(case)

    def heading_of(self, cause: str, count: int) -> str:
        return self.cause(cause, count) if self.cause else str(self.label)


def kind_of(name: str) -> Kind:
    """The kind that `name` stands for; one that nobody describes is called by its name."""
    dotted = settings.CASE_KINDS.get(name)
    return import_string(dotted) if dotted else Kind(name.replace(".", " · ").replace("_", " "))


def labels() -> dict[str, str]:
    """Every kind that is described, by its name."""
    return {name: str(kind_of(name).label) for name in settings.CASE_KINDS}


def _record_in_odoo(case: Case) -> Sequence[Record]:
    link = case.detail.get("odoo") or {}
    url = safe_url(str(link.get("url", "")))
    return [Record(str(link.get("text") or _("Record in Odoo")), url)] if url else []


def safe_url(url: str) -> str:
    """Only addresses of the web: a link is never a script."""
    return url if url.startswith(("https://", "http://", "/")) else ""
