"""One round: every map once, in order, then what they give to tell. The algorithm in prose: `../README.md`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property, partial
from time import perf_counter
from typing import Any

from django.conf import settings
from django.db import transaction

from integrations.mirror.models import Absence, Cursor, MirrorModel, PullRun, PullStatus
from integrations.odoo.client import (
    AccessRefusedError,
    AuthenticationError,
    OdooClient,
    OdooError,
    RefusedError,
    ServerFaultError,
    UnknownNameError,
    UnreachableError,
    WrongDatabaseError,
)

from . import ahead, deletions, describing, loading, quiet, reconcile, rereading, telling
from .catalogue import AGGREGATES, LOADED, MAPS
from .installation import check_installation
from .keeping import advance_cursor, close_dead_runs, end_run, forget_old_runs, open_window, the_only_round
from .maps import FittedMap, Map, MapError, Mark, ValueRefusedError
from .merge import Merged, RowsRefusedError, leave_mark, leave_marks, merge
from .reader import EVERY_RECORD, PageError
from .window import Window, settled

# Called before the first page and after each: model, records read so far, how many there are (None: not asked for).
Progress = Callable[[str, int, int | None], None]
Columns = Mapping[str, Sequence[Any]]

FEW = 500  # changes that come by rows in one call; more of them come as whole columns
QUIET_S = 5.0  # a round that took longer has enough to do
COUNTS = ["read", "inserted", "updated", "unchanged", "deleted"]
NO_COLUMNS = (UnknownNameError, RefusedError, ServerFaultError, AccessRefusedError, PageError)
NO_ANSWER = (UnreachableError, AuthenticationError, WrongDatabaseError)  # the other models would hear the same
OF_NAMES = (UnknownNameError, AccessRefusedError, PageError, MapError)
REFUSED = (OdooError, MapError, PageError, ValueRefusedError, RowsRefusedError)


class UnknownModelError(ValueError):
    """A pull of a model that has no map was asked for; the message lists those that have one."""


def pull_round(
    client: OdooClient,
    *,
    at: datetime,
    models: Iterable[str] | None = None,
    progress: Progress | None = None,
    whole: bool = False,
    compare_ids: bool | None = None,
    accept_vanished: bool = False,
) -> list[PullRun]:
    """Bring the mirror up to Odoo's present and tell what changed; the runs, as they ended.

    One round at a time: an empty list when another is under way. `models` limits it (records that belong together
    come together). `whole` reads everything anew. `compare_ids` looks for deletions now (True), not (False), or when
    it is due; `accept_vanished` believes also when suspiciously many are gone. Errors of Odoo end a run, not the call:
    look at `status` and `sentence`. Raises UnknownModelError.
    """
    maps = chosen_maps(models)
    with the_only_round() as mine:
        if not mine:
            return []
        close_dead_runs(at=at)
        return Round(client, at, maps, progress, whole, compare_ids, accept_vanished).run()


def chosen_maps(models: Iterable[str] | None) -> Sequence[Map]:
    """The maps of `models` (names of Odoo) and of what belongs together with them, in the order of reading."""
    if models is None:
        return MAPS
    wanted = set(models)
    if strangers := wanted - {each.odoo_model for each in MAPS}:
        known = ", ".join(each.odoo_model for each in MAPS)
        raise UnknownModelError(f"No map for {', '.join(sorted(strangers))}. There are maps for {known}.")
    wanted |= {model for group in AGGREGATES if group & wanted for model in group}
    return [each for each in MAPS if each.odoo_model in wanted]


def could_not_begin(problem: Exception, maps: Sequence[Map] = MAPS, *, at: datetime) -> PullRun:
    """Write down that Odoo could not be asked at all: one run for one outage, however many rounds it lasts."""
    sentence = sentence_of(problem)
    Cursor.objects.filter(model__in=[each.odoo_model for each in maps]).update(
        status=PullStatus.FAILED, sentence=sentence
    )
    last = PullRun.objects.order_by("-pk").first()
    if last is None or last.model or last.sentence != sentence:
        last = PullRun(model="", status=PullStatus.FAILED, started_at=at, sentence=sentence)
    last.ended_at = at
    last.save()
    return last


@dataclass
class Round:
    client: OdooClient
    at: datetime
    maps: Sequence[Map]
    progress: Progress | None = None
    whole: bool = False
    compare_ids: bool | None = None
    accept_vanished: bool = False
    began: float = field(default_factory=perf_counter)
    seen: dict[str, quiet.Seen] = field(default_factory=dict)  # what was read ahead

    def run(self) -> list[PullRun]:
        try:
            check_installation(self.client, at=self.at)
            end = settled(self.client.server_now())
        except (OdooError, PageError) as problem:
            return [could_not_begin(problem, self.maps, at=self.at)]
        runs, answered = self.pull_all(end)
        if not answered:
            return runs
        there = {run.model for run in runs if run.status == PullStatus.DONE and run.window_to}
        runs += self.make_sure([map_ for map_ in self.maps if map_.odoo_model in there])
        telling.tell(runs, at=self.at)
        forget_old_runs(at=self.at)
        return runs

    def pull_all(self, end: datetime) -> tuple[list[PullRun], bool]:
        """Every model; those that have nothing new together. Their runs, and whether Odoo answered to the end."""
        if not self.whole and self.progress is None:
            self.seen = quiet.look(self.client, self.maps, end, at=self.at, now=self.now)
        runs, nothing = [], []
        for map_ in self.maps:
            seen = self.seen.get(map_.odoo_model)
            if seen and seen.is_nothing and not deletions.may_have_lost_parts(map_):
                nothing.append(seen)
                continue
            run, answered = self.pull(map_, end)
            runs.append(run)
            if not answered:
                return quiet.write_down(nothing, at=self.at, now=self.now) + runs, False
        return quiet.write_down(nothing, at=self.at, now=self.now) + runs, True

    def make_sure(self, read: Sequence[Map]) -> list[PullRun]:
        """Compare with Odoo what is due; a regular round, unless it was long, also reads a page of all again."""
        due, accept = self.compare_ids, self.accept_vanished
        runs = reconcile.compare(self.client, read, at=self.at, now=self.now, due=due, accept=accept)
        if due is None and len(self.maps) == len(MAPS) and perf_counter() - self.began < QUIET_S:
            runs += rereading.read_some_again(self.client, read, at=self.at, now=self.now)
        return runs

    @cached_property
    def readers(self) -> list[OdooClient]:
        """Connections that read a large window at once; the first is our own."""
        return [self.client, *(self.client.twin() for _ in range(settings.ODOO["READERS"] - 1))]

    def now(self) -> datetime:
        """The round's beginning and what has passed since."""
        return self.at + timedelta(seconds=perf_counter() - self.began)

    def pull(self, map_: Map, end: datetime) -> tuple[PullRun, bool]:
        """Read one model up to `end`; its run, and whether Odoo is still answering."""
        cursor, _ = Cursor.objects.get_or_create(model=map_.odoo_model)
        run = PullRun.objects.create(model=map_.odoo_model, started_at=self.now())
        try:
            self.read_as_described(map_, cursor, run, end)
        except REFUSED as problem:
            if map_.may_lack and (absent := absence(problem, cursor, self.client)):
                if isinstance(problem, OdooError):
                    describing.lacking(self.client, map_, problem, at=self.at)
                return self.lacking(cursor, run, end, absent), True
            run.refresh_from_db(fields=COUNTS)  # the failed page was rolled back; its numbers were not
            sentence = f"{map_.odoo_model}: {sentence_of(problem)}"
            end_run(run, PullStatus.FAILED, at=self.at, ended_at=self.now(), sentence=sentence)
            return run, not isinstance(problem, NO_ANSWER)
        return end_run(run, PullStatus.DONE, at=self.at, ended_at=self.now(), sentence=run.sentence), True

    def lacking(self, cursor: Cursor, run: PullRun, end: datetime, absent: Absence) -> PullRun:
        """There is no such model, or it was never shown: all of nothing was read. Should it come, it is read whole."""
        Cursor.objects.filter(pk=cursor.pk).update(done_to=end, map_digest="", absent=absent, lacks=[])
        run.window_from = run.window_to = None  # of nothing no ids are compared
        sentence = {
            Absence.MODEL: f"This Odoo has no {run.model}; nothing is read.",
            Absence.RIGHT: f"{self.client.login!r} may not read {run.model}; nothing is read.",
        }[absent]
        return end_run(run, PullStatus.DONE, at=self.at, ended_at=self.now(), sentence=sentence)

    def read_as_described(self, map_: Map, cursor: Cursor, run: PullRun, end: datetime) -> None:
        """Should what we remember of the fields be old, it is asked anew and the model read once more."""
        try:
            self.read_windows(map_, cursor, run, end)
        except OF_NAMES:
            if not describing.forget(self.client, map_, at=self.at):
                raise
            cursor.refresh_from_db()
            self.read_windows(map_, cursor, run, end)

    def read_windows(self, map_: Map, cursor: Cursor, run: PullRun, end: datetime) -> None:
        """Finish the window that a dead run left open, then the one up to `end`."""
        fitted = map_.fit(describing.fields_of(self.client, map_, at=self.at))
        cursor.absent, cursor.lacks = "", fitted.lacks
        window = open_window(cursor, fitted, end, whole=self.whole)
        self.read_window(fitted, cursor, run, window)
        if window.end < end:
            self.read_window(fitted, cursor, run, open_window(cursor, fitted, end, whole=False))
        run.deleted += deletions.bury_lost_parts(self.client, map_, at=self.at)

    def read_window(self, fitted: FittedMap, cursor: Cursor, run: PullRun, window: Window) -> None:
        run.window_from, run.window_to = window.start, window.end
        self.begin(fitted, cursor, window)
        run.expected = self.total(fitted, window)
        self.show(run)
        began = perf_counter()
        for part in self.parts(fitted, run, window):
            window = window if part.upto is None else window.after(part.upto)
            self.keep(fitted, cursor, run, window, part, is_last=part.upto is None)
            run.rate = run.read / (perf_counter() - began) if run.read else None
            self.show(run)
        if cursor.filling:
            loading.make_indexes(cursor, fitted.map.mirror_model)

    def show(self, run: PullRun) -> None:
        if self.progress:
            self.progress(run.model, run.read, run.expected)

    def begin(self, fitted: FittedMap, cursor: Cursor, window: Window) -> None:
        """Fill an empty table; finish what a process left that died when it had read all, but not made the indexes."""
        model, goes_on = fitted.map.mirror_model, window.whole and window.last_id > 0
        if goes_on:
            return
        fills = window.whole and loading.begins_empty(model)
        if cursor.filling and not fills:
            loading.make_indexes(cursor, model)
        cursor.filling = fills

    def parts(self, fitted: FittedMap, run: PullRun, window: Window) -> Iterator[ahead.Part]:
        """The window's pages: one of rows if that is all, and else whole columns where the server gives them."""
        seen = self.seen.pop(fitted.map.odoo_model, None)
        if seen and seen.window == window:
            yield seen.part
            return
        limit = settings.ODOO["PAGE_SIZE"]
        rows = partial(ahead.by_rows, self.client, fitted, limit=limit)
        if not fitted.gatherable:
            yield from rows(window)
            return
        if not (window.whole and (run.expected or 0) > limit):
            first = next(rows(window, limit=min(limit, FEW)))
            yield first
            if first.upto is None:
                return
            window = window.after(first.upto)
        is_first = True
        try:
            for part in ahead.by_columns(self.readers, fitted, window, rows=2 * limit):
                yield part
                is_first = False
        except NO_COLUMNS as problem:
            if not is_first:
                raise  # it does give columns: the next round goes on from here
            run.sentence = f"Read by rows, more slowly: Odoo refuses whole columns. {sentence_of(problem)}"
            yield from rows(window)

    @transaction.atomic
    def keep(
        self, fitted: FittedMap, cursor: Cursor, run: PullRun, window: Window, part: ahead.Part, *, is_last: bool
    ) -> None:
        """A page and where it ends, in one transaction: after any end of the process both are there or neither."""
        merged = self.write(cursor, fitted.map.mirror_model, fitted.convert(part.page.columns), run)
        self.mark(fitted.map, merged, window, is_last=is_last)
        advance_cursor(cursor, window, is_last=is_last)
        run.read += merged.read
        run.inserted += len(merged.inserted)
        run.updated += len(merged.updated)
        run.unchanged += merged.unchanged
        if merged.read:
            run.save()

    def write(self, cursor: Cursor, model: type[MirrorModel], columns: Columns, run: PullRun) -> Merged:
        """Straight into a table that was empty; where somebody else wrote into it meanwhile, as always."""
        if cursor.filling:
            if not run.read and not cursor.indexes_due:
                loading.put_indexes_off(cursor, model)
            try:
                return loading.fill(model, columns, at=self.at)
            except loading.NotEmptyError:
                loading.make_indexes(cursor, model)
        return merge(model, columns, at=self.at)

    def mark(self, map_: Map, merged: Merged, window: Window, *, is_last: bool) -> None:
        """A whole load makes no history: it is told once, at its end, instead of record by record."""
        tells_each = map_.mark is not None and map_.mark.column is not None
        if not (window.whole and tells_each):
            leave_marks(map_, merged.changed)
        if window.whole and is_last:
            leave_mark(Mark(LOADED, map_.odoo_model))

    def total(self, fitted: FittedMap, window: Window) -> int | None:
        """How many records there are to read; asked when somebody waits for all of them."""
        if self.progress is None and not window.whole:
            return None
        domain = [*fitted.map.domain, *window.domain()]
        return self.client.call(fitted.map.odoo_model, "search_count", domain=domain, context=EVERY_RECORD)


def absence(problem: Exception, cursor: Cursor, client: OdooClient) -> Absence | None:
    """Whether what a server may lack is just not there. A right that it once had is lost: that is a failure."""
    if isinstance(problem, UnknownNameError) and problem.is_model:
        return Absence.MODEL
    was_read = cursor.done_to is not None and not cursor.absent
    if was_read or not isinstance(problem, AccessRefusedError | MapError):
        return None
    is_closed = isinstance(problem, AccessRefusedError) or not may_read(client, cursor.model)
    return Absence.RIGHT if is_closed else None


def may_read(client: OdooClient, model: str) -> bool:
    """Of a model that may not be read, Odoo also hides fields: then their absence is no fault of the map."""
    try:
        return bool(client.call(model, "has_access", [], operation="read"))
    except OdooError:
        return True


def sentence_of(problem: Exception) -> str:
    """The problem as a sentence for people."""
    said = getattr(problem, "sentence", None) or str(problem)
    return said if said.endswith((".", "!", "?")) else f"{said}."
