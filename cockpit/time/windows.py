"""What a working calendar is made of, and how its weekly hours become windows in UTC. Pure.

Instants and lengths are seconds since 1970 as floats: until 2106 a double holds them to less than a quarter of a
microsecond, so sums rounded to the microsecond are exact.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

DAY = 86_400
Span = tuple[float, float]  # from, until (excluded)


class CalendarError(ValueError):
    """A calendar's definition, or a question to it, makes no sense; the text says which."""


class CalendarEmptyError(CalendarError):
    """The calendar has no working hours at all, so no time can ever be counted on it."""


class NoOpenTimeError(CalendarError):
    """The calendar has hours, but holidays or absence close them for longer than anyone plans."""


class Hours(NamedTuple):
    """One interval of the week: Monday is 0, minutes since local midnight, the end excluded (24:00 is 1440)."""

    weekday: int
    from_minute: int
    to_minute: int


class Closure(NamedTuple):
    """Closed from `start` until `end`, two aware times."""

    start: datetime
    end: datetime
    name: str = ""


def seconds_of(at: datetime) -> float:
    """Seconds since 1970 of an aware time; a naive one is refused, for its zone could only be guessed."""
    if at.tzinfo is None:
        raise CalendarError(f"{at} has no time zone; business time needs an aware time.")
    return at.timestamp()


def moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def year_of(seconds: float) -> int:
    return moment(seconds).year


def year_start(year: int) -> float:
    return datetime(year, 1, 1, tzinfo=UTC).timestamp()


def zone_named(name: str) -> ZoneInfo:
    """The IANA zone of that name. Raises CalendarError."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise CalendarError(f"There is no time zone {name!r}; use an IANA name such as Europe/Berlin.") from None


def local_day(day: date, zone: str) -> tuple[datetime, datetime]:
    """The whole local day as two UTC instants (23, 24 or 25 hours apart, where summer time begins or ends)."""
    where = zone_named(zone)
    midnights = (datetime(each.year, each.month, each.day, tzinfo=where) for each in (day, day + timedelta(days=1)))
    start, end = (midnight.astimezone(UTC) for midnight in midnights)
    return start, end


def joined(spans: Iterable[Span]) -> list[Span]:
    """Sorted, without empty ones; what touches or overlaps becomes one."""
    result: list[Span] = []
    for start, end in sorted(spans):
        if result and start <= result[-1][1]:
            if end > result[-1][1]:
                result[-1] = (result[-1][0], end)
        elif end > start:
            result.append((start, end))
    return result


def cut(starts: list[float], ends: list[float], closed: Iterable[Span]) -> None:
    """Take what is closed out of the windows, in place; a slice per closure, so a person's copy of a year is cheap."""
    for shut, opened in closed:
        i, j = bisect_right(ends, shut), bisect_left(starts, opened)
        if i < j:
            left = [(starts[i], shut)] if starts[i] < shut else []
            right = [(opened, ends[j - 1])] if opened < ends[j - 1] else []
            starts[i:j] = [start for start, _ in left + right]
            ends[i:j] = [end for _, end in left + right]


def week_of(hours: Iterable[Hours]) -> list[list[Span]]:
    """Per weekday the joined open intervals, in seconds since local midnight.

    Raises CalendarError on impossible hours, CalendarEmptyError without any.
    """
    week: list[list[Span]] = [[] for _ in range(7)]
    for weekday, start, end in hours:
        if not (0 <= weekday <= 6 and 0 <= start < end <= 1440):
            raise CalendarError(f"Working hours on weekday {weekday} from minute {start} to {end} are impossible.")
        week[weekday].append((start * 60, end * 60))
    if not any(week):
        raise CalendarEmptyError(
            "This calendar has no working hours on any weekday, so no due date can be computed. Add working hours."
        )
    return [joined(day) for day in week]


def spans_of(closures: Iterable[Closure]) -> list[Span]:
    """The closed spans, joined. Raises CalendarError on one that ends before it starts."""
    spans = []
    for start, end, name in closures:
        if end < start:
            raise CalendarError(f"{name or 'An absence'} ends at {end}, before it starts at {start}.")
        spans.append((seconds_of(start), seconds_of(end)))
    return joined(spans)


@lru_cache(maxsize=2048)
def offset_pieces(zone: str, year: int) -> tuple[tuple[float, float, float], ...]:
    """The UTC year cut where the zone's offset changes: (from, until, offset in seconds)."""
    where = zone_named(zone)
    begin, end = int(year_start(year)), int(year_start(year + 1))

    def offset(second: int) -> timedelta:
        return moment(second).astimezone(where).utcoffset() or timedelta()

    changes = [begin]
    for low in range(begin, end, DAY // 2):
        high = min(low + DAY // 2, end - 1)
        if (before := offset(low)) != offset(high):
            changed = bisect_left(range(low, high), True, key=lambda second: offset(second) != before)
            changes.append(low + changed)
    return tuple((a, b, offset(int(a)).total_seconds()) for a, b in pairwise([*changes, end]))


def weekly_windows(zone: str, week: Sequence[Sequence[Span]], low: float, high: float) -> Iterator[Span]:
    """The weekly hours laid on the local days of these whole UTC years.

    Each stretch with one offset is laid by itself and clipped: so an hour that the zone skips is not counted, and one
    that it repeats counts twice.
    """
    for year in range(year_of(low), year_of(high - 1) + 1):
        for start, end, offset in offset_pieces(zone, year):
            local_start, local_end = start + offset, end + offset
            for day in range(int(local_start // DAY), int(-(-local_end // DAY))):
                midnight = day * DAY
                for opens, closes in week[(day + 3) % 7]:  # 1970-01-01 was a Thursday
                    a, b = max(midnight + opens, local_start), min(midnight + closes, local_end)
                    if a < b:
                        yield a - offset, b - offset
