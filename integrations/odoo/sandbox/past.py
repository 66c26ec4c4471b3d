"""What lies behind the firm: thirteen months of leave, timesheets and invoices, written in a few set-based statements.

The same firm on the same day gets the same past: what looks like chance comes from digests of names and days.
"""

from __future__ import annotations

import datetime as dt
import random
from typing import TYPE_CHECKING, Any

from .firm import HOLIDAYS, WORK, Firm
from .statements import BILLING, CHANCE, DELIVERED, ENGAGED, FORGOTTEN, INVOICED, LINES, WORKDAYS

if TYPE_CHECKING:
    from .records import Env
    from .sizes import Size

MONTHS = 13
SHARES = {"Delivery": (0.58, 0.37), "PMO": (0.15, 0.2)}  # department: least billable share, and how much above
MISSING = {  # first name: weeks back, and the weekdays for which nothing was entered
    "Clara": (1, (0, 1, 2, 3, 4)), "Eve": (1, (3, 4)), "Owen": (1, (4,)), "Jonas": (2, (1,)), "Nora": (2, (2, 3)),
}  # fmt: skip


def holidays(firm: Firm) -> None:
    """Public holidays of the year before; this year's and the next one's the firm has."""
    for unit, days in HOLIDAYS.items():
        for month, number, name in days:
            day = dt.date(firm.today.year - 1, month, number)
            firm.make("resource.calendar.leaves", name=name, company_id=firm.company[unit], time_type="leave",
                      date_from=firm.utc(unit, day, 0), date_to=firm.utc(unit, day, 24))  # fmt: skip


def first_day(today: dt.date) -> dt.date:
    month = today.year * 12 + today.month - 1 - MONTHS
    return dt.date(month // 12, month % 12 + 1, 1)


def drafted_from(today: dt.date) -> dt.date:
    """The first day of last month: what was worked since is not billed yet."""
    return (today.replace(day=1) - dt.timedelta(days=1)).replace(day=1)


def leave(firm: Firm) -> None:
    """Approved time off of everybody in the months behind: summer, Christmas, a few long weekends."""
    units = {company: unit for unit, company in firm.company.items()}
    leaves, resources = [], []
    for row in firm.env.find("hr.employee", []):
        data, unit = row["data"], units[row["data"]["company_id"]]
        for begin, end in _blocks(firm.today, random.Random(f"leave {row['id']}")):
            if str(begin) < data["date_version"]:
                continue
            days = sum((begin + dt.timedelta(n)).weekday() < 5 for n in range((end - begin).days + 1))
            away = {"date_from": firm.utc(unit, begin, 8), "date_to": firm.utc(unit, end, 18),
                    "company_id": data["company_id"]}  # fmt: skip
            leaves.append(away | {
                "employee_id": row["id"], "holiday_status_id": 1, "state": "validate", "number_of_days": days,
                "number_of_hours": 8 * days, "request_date_from": str(begin), "request_date_to": str(end),
            })  # fmt: skip
            resources.append(away | {"name": "Time off", "resource_id": data["resource_id"], "time_type": "leave",
                                     "calendar_id": data["resource_calendar_id"]})  # fmt: skip
    firm.env.create("hr.leave", leaves)
    firm.env.create("resource.calendar.leaves", resources)


def _blocks(today: dt.date, dice: random.Random) -> list[tuple[dt.date, dt.date]]:
    """First and last days of one person's holidays, none in the last three weeks."""
    first, last = first_day(today), today - dt.timedelta(days=21)
    summers = [dt.date(year, 7, 1) + dt.timedelta(weeks=dice.randrange(8)) for year in (today.year - 1, today.year)]
    winters = [dt.date(year, 12, 22) for year in (today.year - 1, today.year) if dice.random() < 0.6]
    begins = [(day, dice.choice((12, 19))) for day in summers] + [(day, dice.choice((5, 10))) for day in winters]
    begins += [(first + dt.timedelta(weeks=dice.randrange(52)), dice.choice((1, 2, 5))) for _ in range(3)]
    blocks = [(day - dt.timedelta(day.weekday()), length) for day, length in begins]
    found = sorted((day, day + dt.timedelta(length - 1)) for day, length in blocks)
    kept: list[tuple[dt.date, dt.date]] = []
    for begin, end in found:  # nobody is away twice at once
        if first <= begin and end <= last and (not kept or begin > kept[-1][1]):
            kept.append((begin, end))
    return kept


def timesheets(firm: Firm, size: Size) -> None:
    """Everybody's days up to yesterday, but for what some have not entered yet in the last two weeks."""
    env, day = firm.env, dt.timedelta(days=1)
    shares = _shares(env)
    absent = [(person, when) for person, when in _missing(firm, sorted(shares)) if when < firm.today]
    span = {"first": first_day(firm.today), "last": firm.today - day, "people": None}
    env.cursor.execute("SET LOCAL jit = off")  # compiling these takes longer than running them
    env.cursor.execute("SET LOCAL work_mem = '256MB'")
    env.cursor.execute(CHANCE.encode())
    env.cursor.execute(b"CREATE TEMP TABLE worked ON COMMIT DROP AS " + WORKDAYS.encode(), span)
    env.cursor.execute(BILLING.encode(), {"first": first_day(firm.today), "until": drafted_from(firm.today)})
    env.cursor.execute("ANALYZE billing")
    forgotten = {"absent": [one for one, _ in absent], "days": [when for _, when in absent]}
    env.cursor.execute(FORGOTTEN.encode(), forgotten)
    env.cursor.execute(ENGAGED.encode())
    env.cursor.execute("ANALYZE worked")  # a plan for a handful of days takes minutes for a million lines
    env.cursor.execute(LINES.encode(), {
        "people": list(shares), "shares": list(shares.values()), "lines": size.lines, "work": list(WORK),
        "texts": len(WORK),
    })  # fmt: skip
    env.cursor.execute(DELIVERED.encode())


def _shares(env: Env) -> dict[int, float]:
    """Employee → the share of their time that clients pay: 0 for those who sell nothing."""
    names = {row["id"]: row["data"]["name"] for row in env.find("hr.department", [])}
    shares = {}
    for row in env.find("hr.employee", []):
        department = names[row["data"]["department_id"]].split()[0]
        least, above = SHARES.get(department, (0.0, 0.0))
        shares[row["id"]] = round(least + above * random.Random(f"share {row['id']}").random(), 3)
    return shares


def _missing(firm: Firm, people: list[int]) -> list[tuple[int, dt.date]]:
    """Days of the last two finished weeks that somebody left empty; now and then a whole week."""
    monday = firm.today - dt.timedelta(firm.today.weekday())
    said = {firm.employee[name]: gap for name, gap in MISSING.items()}
    found = []
    for person in people:
        dice = random.Random(f"missing {person}")
        luck = dice.random()
        gap = said.get(person)
        if gap is None and person not in firm.employee.values() and luck < 0.12:
            gap = (1 + (luck < 0.04), tuple(range(5)) if luck < 0.05 else (dice.randrange(5),))
        for weekday in gap[1] if gap else ():
            found.append((person, monday - dt.timedelta(weeks=gap[0]) + dt.timedelta(weekday)))  # type: ignore[index]
    return found


def invoices(firm: Firm) -> None:
    """An invoice for every project and month up to the one before last; what was billed last month is being drafted."""
    values: dict[str, Any] = {
        "until": str(drafted_from(firm.today)), "today": firm.today, "taxed": firm.company["DE"],
        "tax": firm.tax, "product": firm.consulting,
    }  # fmt: skip
    firm.env.cursor.execute(INVOICED.encode(), values)
