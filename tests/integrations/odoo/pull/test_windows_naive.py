"""Promise 10 without a database: the real windows and cursor over a naive Odoo, thousands of steps in a second.

Odoo stamps with microseconds, by the clock of its database, at the beginning of a transaction that commits later;
compares and answers whole seconds; orders by id. The clock of its web server may be a few seconds off; both may be set
back. The process dies between two pages. `test_no_row_missed.py` does the same with the round and PostgreSQL, slowly.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.odoo.pull.keeping import advance_cursor, open_window
from integrations.odoo.pull.window import WIDE, WIDE_EVERY, Window, odoo_text, settled

START = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
PAGE = 3
COMMON = timedelta(seconds=30)  # as long as transactions may last whose rows come with the very next round


@dataclass(frozen=True)
class Version:
    """What a record became, in a transaction that began at `stamp`."""

    id: int
    value: int
    stamp: datetime
    committed: datetime
    lasted_s: float


@dataclass
class Place:
    """The cursor's columns, in memory; `save` makes them outlast the process."""

    map_digest: str = "as ever"
    done_to: datetime | None = None
    wide_to: datetime | None = None
    window_from: datetime | None = None
    window_to: datetime | None = None
    window_wide: bool = False
    last_id: int = 0
    saved: dict = field(default_factory=dict)

    def save(self) -> None:
        self.saved = {name: value for name, value in vars(self).items() if name != "saved"}

    def after_death(self) -> Place:
        return Place(**self.saved)


class Fitted:
    digest = "as ever"


@dataclass
class World:
    """A naive Odoo, and a mirror of it that is read by windows; `mirror` is id → value."""

    web_is_ahead_s: float = 0
    was_set_back_s: float = 0
    now: datetime = START
    versions: list[Version] = field(default_factory=list)
    locks: dict[int, datetime] = field(default_factory=dict)
    mirror: dict[int, int] = field(default_factory=dict)
    place: Place = field(default_factory=Place)
    values: int = 0

    def write(self, id_: int, lasts_s: float) -> None:
        begun = max(self.now, self.locks.get(id_, self.now)) + timedelta(microseconds=self.values % 7)
        self.values += 1
        self.locks[id_] = begun + timedelta(seconds=lasts_s)
        self.versions.append(Version(id_, self.values, self.clock(begun), self.locks[id_], lasts_s))

    def clock(self, at: datetime) -> datetime:
        return at - timedelta(seconds=self.was_set_back_s)

    def committed(self) -> dict[int, Version]:
        seen: dict[int, Version] = {}
        for version in sorted(self.versions, key=lambda each: each.committed):
            if version.committed <= self.now:
                seen[version.id] = version
        return seen

    def search(self, window: Window) -> list[Version]:
        """As Odoo compares: its stamp by whole seconds against the bound as text."""
        found = [version for id_, version in sorted(self.committed().items()) if id_ > window.last_id]
        start = odoo_text(window.start) if window.start else ""
        return [each for each in found if start <= odoo_text(each.stamp) < odoo_text(window.end)][:PAGE]

    def server_now(self) -> datetime:
        return (self.clock(self.now) + timedelta(seconds=self.web_is_ahead_s)).replace(microsecond=0)

    def round(self, *, dies_at: int = 1_000, page_takes_s: float = 0.0) -> bool:
        """One round; False when the process died before its n-th page was kept."""
        end = settled(self.server_now())
        while True:
            window = open_window(self.place, Fitted(), end, whole=False)  # type: ignore[arg-type]
            while True:
                self.now += timedelta(seconds=page_takes_s)
                page = self.search(window)
                if dies_at == 0:
                    self.place = self.place.after_death()
                    return False
                dies_at -= 1
                is_last = len(page) < PAGE
                window = window if is_last else window.after(page[-1].id)
                self.mirror |= {each.id: each.value for each in page}
                advance_cursor(self.place, window, is_last=is_last)  # type: ignore[arg-type]
                if is_last:
                    break
            if window.end >= end:
                return True

    def lacks(self, before: datetime, lasted: timedelta) -> list[Version]:
        """Committed versions stamped before that moment, of transactions no longer than that, that are not here."""
        return [
            each
            for each in self.committed().values()
            if each.stamp < before
            and timedelta(seconds=each.lasted_s) <= lasted
            and self.mirror.get(each.id) != each.value
        ]


def perform(world: World, step: tuple) -> None:
    match step:
        case "write", id_, lasts_s:
            world.write(id_, lasts_s)
        case "wait", seconds:
            world.now += timedelta(seconds=seconds)
        case "round", page_takes_s:
            before = world.now
            if world.round(page_takes_s=page_takes_s):
                check_what_a_round_promises(world, before)
        case "die", page:
            world.round(dies_at=page)
        case "set back", seconds:
            world.was_set_back_s += seconds


def check_what_a_round_promises(world: World, began: datetime) -> None:
    """What was stamped and committed a while before the round began is here: that is what `fresh_at` says."""
    slack = timedelta(seconds=abs(world.web_is_ahead_s) + 2)
    seen = [each for each in world.lacks(began - slack, COMMON - 2 * slack) if each.committed < began]
    assert seen == [], f"missing after a round that began at {began}"


steps = st.one_of(
    st.tuples(st.just("write"), st.integers(1, 9), st.one_of(st.just(0), st.floats(0, 5), st.floats(0, 600))),
    st.tuples(st.just("wait"), st.one_of(st.floats(0, 1), st.floats(0, 20), st.floats(0, 400))),
    st.tuples(st.just("round"), st.one_of(st.just(0.0), st.floats(0, 30))),
    st.tuples(st.just("die"), st.integers(0, 3)),
)


def settle(world: World) -> None:
    """Long enough for every transaction to end, then a wide window."""
    world.now += WIDE + timedelta(seconds=1)
    world.round()
    world.now += WIDE_EVERY + timedelta(seconds=61)
    world.round()


def naive(world: World) -> dict[int, int]:
    return {id_: version.value for id_, version in world.committed().items()}


class TestWindows:
    @given(ahead_s=st.floats(-4, 4), script=st.lists(steps, max_size=60))
    def test_bring_what_a_naive_reader_of_everything_would(self, ahead_s, script):
        world = World(ahead_s)
        for step in script:
            perform(world, step)
        settle(world)
        assert world.mirror == naive(world)
        assert (world.place.window_to, world.place.last_id) == (None, 0)

    def test_do_so_over_thousands_of_steps(self, rounds):
        for seed in range(rounds * 4):
            chance = random.Random(seed)
            world = World(chance.uniform(-4, 4))
            for _ in range(1_000):
                perform(world, any_step(chance))
            settle(world)
            assert world.mirror == naive(world), f"seed {seed}"

    @pytest.mark.parametrize("seconds", [5, 59, 61, 3600])
    def test_survive_a_clock_that_is_set_back(self, seconds):
        world = World()
        for id_ in range(1, 8):
            world.write(id_, 0)
        world.now += timedelta(minutes=20)
        world.round()
        perform(world, ("set back", seconds))
        world.write(3, 0)
        world.now += timedelta(seconds=61)
        world.round()
        settle(world)
        assert world.mirror == naive(world)

    def test_would_miss_rows_without_an_overlap(self, monkeypatch):
        """That the naive Odoo is as nasty as the real one."""
        monkeypatch.setattr("integrations.odoo.pull.window.NARROW", timedelta(0))
        monkeypatch.setattr("integrations.odoo.pull.window.WIDE", timedelta(0))
        missed = 0
        for seed in range(20):
            chance, world = random.Random(seed), World()
            for _ in range(100):
                step = any_step(chance)
                if step[0] == "round":
                    world.round()
                else:
                    perform(world, step)
            settle(world)
            missed += world.mirror != naive(world)
        assert missed


def any_step(chance: random.Random) -> tuple:
    kind = chance.choices(["write", "wait", "round", "die"], [6, 4, 4, 1])[0]
    short, long = chance.uniform(0, 2), chance.uniform(0, 500)
    return {
        "write": ("write", chance.randint(1, 12), chance.choice([0, short, long])),
        "wait": ("wait", chance.choice([short, short, 15, long])),
        "round": ("round", chance.choice([0.0, 0.0, short * 5])),
        "die": ("die", chance.randint(0, 4)),
    }[kind]
