"""Business time a second time, in the plainest way: walk minute by minute and ask the local clock on the wall."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

MINUTE = timedelta(minutes=1)
# Half-hour and quarter-hour offsets, half-hour summer time, changes at midnight, south of the equator, a moving fast.
ZONES = [
    "Europe/Berlin",
    "America/New_York",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Australia/Adelaide",
    "America/St_Johns",
    "Pacific/Chatham",
    "America/Havana",
    "Africa/Cairo",
    "Africa/Casablanca",
    "UTC",
]
Span = tuple[datetime, datetime]


@dataclass
class SlowCalendar:
    zone: str
    hours: list[tuple[int, int, int]]  # weekday, from, to in minutes
    closed: list[Span] = field(default_factory=list)

    def is_open(self, at: datetime) -> bool:
        local = at.astimezone(ZoneInfo(self.zone))
        minute = local.hour * 60 + local.minute
        at_work = any(day == local.weekday() and start <= minute < end for day, start, end in self.hours)
        return at_work and not any(start <= at < end for start, end in self.closed)

    def elapsed(self, start: datetime, end: datetime) -> timedelta:
        return sum((until - since for since, until in self._open_minutes(start, end)), timedelta())

    def add(self, start: datetime, length: timedelta, limit: datetime) -> datetime | None:
        """None when it takes longer than until `limit`."""
        for since, until in self._open_minutes(start, limit):
            if length <= until - since:
                return since + length
            length -= until - since
        return None

    def _open_minutes(self, start: datetime, end: datetime) -> Iterator[Span]:
        """The open minutes between the two, the first and the last cut short."""
        minute = start.replace(second=0, microsecond=0)
        while minute < end:
            if self.is_open(minute):
                yield max(minute, start), min(minute + MINUTE, end)
            minute += MINUTE


@lru_cache
def clock_changes(zone: str) -> list[datetime]:
    """The days before and after which the zone's offset differs, within a few years."""
    where = ZoneInfo(zone)
    days = [datetime(2024, 1, 1, tzinfo=UTC) + timedelta(days=n) for n in range(4 * 365)]
    return [
        day
        for day in days
        if day.astimezone(where).utcoffset() != (day + timedelta(days=1)).astimezone(where).utcoffset()
    ] or days[::60]


zones = st.sampled_from(ZONES)
microseconds = st.integers(0, 59_999_999).map(lambda n: timedelta(microseconds=n))


@st.composite
def moments_near_a_change(draw: st.DrawFn, zone: str) -> datetime:
    """An instant within two days of where the zone's clocks are changed, seldom on a whole minute."""
    minutes = draw(st.integers(-2 * 1440, 2 * 1440))
    fraction = draw(st.one_of(st.just(timedelta()), microseconds))
    return draw(st.sampled_from(clock_changes(zone))) + timedelta(minutes=minutes) + fraction


@st.composite
def weekly_hours(draw: st.DrawFn) -> list[tuple[int, int, int]]:
    """Several intervals a day, also at night, over midnight, touching and overlapping."""
    quarters = st.integers(0, 95).flatmap(lambda start: st.tuples(st.just(start), st.integers(start + 1, 96)))
    intervals = st.tuples(st.integers(0, 6), quarters).map(lambda each: (each[0], *each[1]))
    rows = draw(st.lists(intervals, min_size=1, max_size=12))
    whole_week = draw(st.booleans())
    days = range(7) if whole_week else [None]
    return [
        (row[0] if day is None else day, row[1] * 15, row[2] * 15)
        for row in rows[: 2 if whole_week else 12]
        for day in days
    ]


@st.composite
def closures(draw: st.DrawFn, around: datetime) -> list[Span]:
    """Spans of whole minutes near that instant, also overlapping, empty and touching."""
    base = around.replace(second=0, microsecond=0)
    pairs = draw(st.lists(st.tuples(st.integers(-5 * 1440, 9 * 1440), st.integers(0, 2 * 1440)), max_size=4))
    starts = [(base + timedelta(minutes=start), length) for start, length in pairs]
    return [(start, start + timedelta(minutes=length)) for start, length in starts]
