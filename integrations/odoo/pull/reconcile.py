"""Making sure: counts and sums first, rows only where they differ; what differs is read again or buried.

Windows see what Odoo stamps. This sees the rest: what was deleted, shown or hidden by a right, written by SQL, changed
by a cascade or from the other side of a many2many. In prose: `../README.md`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from time import perf_counter
from typing import Any

from integrations.mirror.models import Cursor, PullRun, PullStatus
from integrations.odoo.client import OdooClient, OdooError, UnknownNameError

from . import lasting, vanishing
from .comparing import EVERY_ROW, Condition, absent, still_there, unequal
from .deletions import VanishedError, bury_and_mark, limit_of
from .describing import HALF, fields_of
from .keeping import end_run
from .linked import links_that_differ
from .maps import FittedMap, Map, MapError, ValueRefusedError
from .merge import RowsRefusedError
from .reader import PageError, read_page, read_records
from .repairing import TOLD_ONE_BY_ONE, take_in
from .sums import Sums, differing, sums_of
from .window import Window

EVERY = timedelta(minutes=5)
ROUND = timedelta(seconds=15)  # a round compares its share of all models, so that no round is a long one
SHARE = 100  # comparing one model takes at most this part of Odoo's time: what is slow is compared less often
ROUND_S = 2.0  # no further model is begun in a round after this; those compared longest ago come first
GROUPS_AT_MOST = 24  # more of them differ: read all, instead of one after the other
ROWS_AT_ONCE = 20_000
RECORDS_AT_ONCE = 1_000
REPAIRED_AT_MOST = 20_000  # records that one pass reads again; the next round goes on
REFUSED = (OdooError, MapError, PageError, ValueRefusedError, RowsRefusedError)
OF_VALUES = (MapError, ValueRefusedError, RowsRefusedError)  # reading again meets the same


def compare(
    client: OdooClient,
    maps: Sequence[Map],
    *,
    at: datetime,
    now: Callable[[], datetime],
    due: bool | None = None,
    accept: bool = False,
) -> list[PullRun]:
    """Compare every model whose turn it is with Odoo (`due`: all, none) and repair it; one run for each."""
    if due is False:
        return []
    began = perf_counter()
    runs: list[PullRun] = []
    for map_, cursor in whose_turn(maps, at=at, due=bool(due)):
        if due is None and runs and (len(runs) >= len(maps) * ROUND / EVERY or perf_counter() - began > ROUND_S):
            break
        run = PullRun.objects.create(
            model=map_.odoo_model, kind=PullRun.Kind.RECONCILIATION, started_at=now(), window_to=cursor.done_to
        )
        runs.append(Pass(client, map_, cursor, run, at, now, is_whole=bool(due), accept=accept).run_it())
    return runs


def whose_turn(maps: Sequence[Map], *, at: datetime, due: bool) -> list[tuple[Map, Cursor]]:
    """Those compared longest ago first. One that took long waits longer, so that Odoo is never busy with it."""
    cursors = Cursor.objects.in_bulk([each.odoo_model for each in maps])
    read = [(map_, cursors[map_.odoo_model]) for map_ in maps if cursors[map_.odoo_model].done_to]
    waiting = [(map_, cursor) for map_, cursor in read if due or is_due(cursor, at=at)]
    return sorted(waiting, key=lambda each: each[1].swept_at or datetime.min.replace(tzinfo=at.tzinfo))


def is_due(cursor: Cursor, *, at: datetime) -> bool:
    pause = max(EVERY, timedelta(seconds=SHARE * cursor.sweep_s))
    return cursor.swept_at is None or not cursor.swept_at <= at < cursor.swept_at + pause


@dataclass
class Differences:
    """Ids: `gone` are live here and not in Odoo; `other` are in Odoo and absent or different here."""

    gone: list[int] = field(default_factory=list)
    other: list[int] = field(default_factory=list)


@dataclass
class Pass:
    """One model compared once. `is_whole`: to the end, however much has to be read again."""

    client: OdooClient
    map: Map
    cursor: Cursor
    run: PullRun
    at: datetime
    now: Callable[[], datetime]
    is_whole: bool = False
    accept: bool = False
    is_cut: bool = False  # more differs than one pass reads again

    def run_it(self) -> PullRun:
        began = perf_counter()
        status, sentence = self.outcome()
        end_run(self.run, status, at=self.at, ended_at=self.now(), sentence=sentence)
        said: dict[str, Any] = {"sweep_s": perf_counter() - began}
        if not self.is_cut:
            said["swept_at"] = self.at
        if status == PullStatus.DONE and not self.is_cut:
            said["reconciled_at"] = self.at
        Cursor.objects.filter(pk=self.cursor.pk).update(**said)
        return self.run

    def outcome(self) -> tuple[PullStatus, str]:
        """What is said of the pass, as status and sentence; its cases are opened and cleared."""
        try:
            stays = self.look_and_repair()
        except VanishedError as problem:
            return PullStatus.STOPPED, vanishing.open_for(self.map, str(problem), at=self.at)
        except OF_VALUES as problem:
            sentence = f"{self.map.odoo_model}: {problem}"
            lasting.open_for(self.map, [], sentence, at=self.at)
            return PullStatus.FAILED, sentence
        except (OdooError, PageError) as problem:
            return PullStatus.FAILED, f"{self.map.odoo_model}: {getattr(problem, 'sentence', problem)}"
        vanishing.clear_for(self.map, at=self.at)
        if stays:
            return PullStatus.STOPPED, lasting.open_for(self.map, stays, "", at=self.at)
        if self.is_cut:
            return PullStatus.DONE, f"{self.map.odoo_model}: more differs than one pass reads; the next round goes on."
        lasting.clear_for(self.map, at=self.at)
        return PullStatus.DONE, ""

    def look_and_repair(self) -> list[int]:
        """Records that are different still after they were read again. Raises VanishedError and REFUSED."""
        described = fields_of(self.client, self.map, at=self.at, kept=HALF)
        fitted = self.map.fit(described)
        sums = sums_of(fitted, described)
        found = self.differences(sums)
        self.run.deleted = len(bury_and_mark(self.map, found.gone, at=self.at))
        linked = links_that_differ(self.client, fitted, described)
        other = sorted({*found.other, *(id_ for ids in linked for id_ in ids)})
        if not other:
            return []
        if not self.is_whole and len(other) > REPAIRED_AT_MOST:
            self.is_cut, other = True, other[:REPAIRED_AT_MOST]
        self.read_again(fitted, other)
        return self.unequal_still(sums, other)

    # --- looking ----------------------------------------------------------------------------------

    def differences(self, sums: Sums) -> Differences:
        """Rows that differ, of the groups whose sums do. Raises VanishedError before anything was buried."""
        found = Differences()
        limit = None if self.accept else limit_of(self.map.mirror_model.objects.live().count())
        for domain, condition in self.places(sums):
            for after, upto, columns in self.pages(sums.narrowed, domain):
                lacking = absent(self.map.mirror_model, columns["odoo_id"], after=after, upto=upto, condition=condition)
                there = still_there(self.client, self.map, lacking)
                found.gone += [id_ for id_ in lacking if id_ not in there]
                found.other += unequal(self.map.mirror_model, columns) + sorted(there)
                if limit is not None and len(found.gone) > limit:
                    raise VanishedError(limit)
                if not self.is_whole and len(found.other) > REPAIRED_AT_MOST:
                    return found
        return found

    def places(self, sums: Sums) -> Iterator[tuple[list[Any], Condition]]:
        """Where to look: of each group that differs a domain for Odoo and a condition for the mirror."""
        try:
            there = sums.there(self.client)
        except UnknownNameError:  # before Odoo 19 there are no such sums: rows are compared at once
            yield [], EVERY_ROW
            return
        wrong = differing(there, sums.here())
        if len(wrong) > GROUPS_AT_MOST:
            yield [], EVERY_ROW
            return
        for key in wrong:
            yield (there[key].domain if key in there else NOWHERE), sums.is_in(key)

    def pages(
        self, narrowed: FittedMap, domain: Sequence[Any]
    ) -> Iterator[tuple[int, int | None, dict[str, Sequence[Any]]]]:
        """Windows of ids (after, up to or None) with the columns that are compared, as the table takes them."""
        placed = replace(narrowed, map=replace(narrowed.map, domain=[*narrowed.map.domain, *domain]))
        window = Window(None, self.done_to, wide=True)
        while True:
            if domain is NOWHERE:
                yield 0, None, {"odoo_id": []}
                return
            page = read_page(self.client, placed, window, limit=ROWS_AT_ONCE)
            is_last = len(page) < ROWS_AT_ONCE
            yield window.last_id, None if is_last else page.ids[-1], placed.convert(page.columns)
            if is_last:
                return
            window = window.after(page.ids[-1])

    @property
    def done_to(self) -> datetime:
        assert self.cursor.done_to
        return self.cursor.done_to

    # --- repairing --------------------------------------------------------------------------------

    def read_again(self, fitted: FittedMap, ids: Sequence[int]) -> None:
        """Records that Odoo has otherwise. What was written after `done_to` is left to the next window.

        Many at once are told as a load, not one by one.
        """
        for start in range(0, len(ids), RECORDS_AT_ONCE):
            asked_at = self.now()
            page = read_records(self.client, fitted, ids[start : start + RECORDS_AT_ONCE], before=self.done_to)
            take_in(self.map, fitted, page, self.run, at=asked_at, tell_each=len(ids) <= TOLD_ONE_BY_ONE)

    def unequal_still(self, sums: Sums, ids: Sequence[int]) -> list[int]:
        found: list[int] = []
        for start in range(0, len(ids), RECORDS_AT_ONCE):
            named = [["id", "in", list(ids[start : start + RECORDS_AT_ONCE])]]
            for _, _, columns in self.pages(sums.narrowed, named):
                found += unequal(self.map.mirror_model, columns)
        return found


NOWHERE: list[Any] = [[0, "=", 1]]  # Odoo has nothing of the group
