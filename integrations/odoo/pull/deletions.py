"""What is gone from Odoo gets a tombstone: nothing is deleted here. `reconcile` finds it, and the round for parts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from integrations.mirror.models import Dirty
from integrations.odoo.client import OdooClient

from .maps import Map
from .merge import bury, leave_marks
from .reader import EVERY_RECORD, check_ids

OWNERS_AT_ONCE = 500


class VanishedError(Exception):
    """More of a model vanished than people delete; nothing was buried."""

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"more than {limit} records are gone from Odoo, or hidden from the integration user by a lost right or "
            "company. None of them was buried. Give the right back, or, if they were really deleted, run "
            "`manage.py odoo pull --accept-vanished`."
        )


def limit_of(live: int) -> int:
    """How many of `live` records may vanish in one pass before a lost right or company is more likely."""
    return max(50, live // 100)


@transaction.atomic
def bury_and_mark(map_: Map, ids: Sequence[int], *, at: datetime) -> list[int]:
    """Put tombstones on them, with what they give to tell; the ids that got one."""
    buried = bury(map_.mirror_model, ids, at=at) if ids else []
    leave_marks(map_, buried)
    return buried


def may_have_lost_parts(map_: Map) -> bool:
    """Whether records that these are parts of wait to be told."""
    return bool(map_.owner and map_.mark and Dirty.objects.filter(reason=map_.mark.reason).exists())


def bury_lost_parts(client: OdooClient, map_: Map, *, at: datetime) -> int:
    """Bury parts (lines) that changed records no longer have, now: their facts must not wait for the next comparison.

    Looks at the records that wait to be told; how many parts were buried.
    """
    if not map_.owner or map_.mark is None:
        return 0
    owners = list(Dirty.objects.filter(reason=map_.mark.reason).order_by("odoo_id").values_list("odoo_id", flat=True))
    buried = 0
    for start in range(0, len(owners), OWNERS_AT_ONCE):
        some = owners[start : start + OWNERS_AT_ONCE]
        domain = [*map_.domain, [map_.owner, "in", some]]
        there = client.call(map_.odoo_model, "search", domain=domain, order="id", context=EVERY_RECORD)
        check_ids(there, after=0)
        here = map_.mirror_model.objects.live().filter(**{f"{map_.owner}__in": some})
        gone = set(here.values_list("odoo_id", flat=True)) - set(there)
        buried += len(bury_and_mark(map_, sorted(gone), at=at))
    return buried
