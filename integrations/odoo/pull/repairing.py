"""Taking in records that Odoo has otherwise than the mirror, although no window brought them."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from integrations.mirror.models import PullRun

from .catalogue import LOADED
from .maps import FittedMap, Map, Mark
from .merge import Merged, leave_mark, leave_marks, merge
from .reader import Page

TOLD_ONE_BY_ONE = 1_000  # more at once are told as a load


@transaction.atomic
def take_in(
    map_: Map, fitted: FittedMap, page: Page, run: PullRun, *, at: datetime, tell_each: bool | None = None
) -> Merged:
    """Merge the page, asked for at `at`, leave its marks, count it on the run (which is not saved)."""
    if not page.ids:
        return Merged()
    merged = merge(map_.mirror_model, fitted.convert(page.columns), at=at)
    has_one_mark = map_.mark is None or map_.mark.column is None
    if tell_each is None:
        tell_each = len(merged.changed) <= TOLD_ONE_BY_ONE
    if tell_each or has_one_mark:
        leave_marks(map_, merged.changed)
    elif merged.changed:
        leave_mark(Mark(LOADED, map_.odoo_model))
    run.read += merged.read
    run.inserted += len(merged.inserted)
    run.updated += len(merged.updated)
    run.unchanged += merged.unchanged
    return merged
