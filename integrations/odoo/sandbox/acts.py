"""What people of the firm do: each act is a sentence about what somebody did, or "" when nobody could do that now.

An act that Odoo refuses raises OdooError, and is undone: pressing Confirm on a guarded invoice is one of them.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable
from typing import TYPE_CHECKING

from . import moves
from .firm import PAID, WORK
from .methods import message_post
from .papers import attach_acceptance, attach_invoice
from .sizes import draft
from .statements import WORKDAYS

if TYPE_CHECKING:
    from .records import Env

SMALL, LARGE = 20_000, 26_000  # below any limit of the demo's policy, and above
SAMPLE = 20  # people who are looked at for one act
NOTES = (
    "The client asked for the order number on the invoice.",
    "Please send it together with the status report.",
    "Agreed with the client on the phone.",
    "The hours of the last week are included.",
    "Waiting for the signed acceptance.",
)


def enter_missing_day(env: Env, today: dt.date, dice: random.Random) -> str:
    """Somebody catches up on a day of the last two weeks; who misses a whole week hardly ever does."""
    gaps: dict[int, list[dict]] = {}
    for row in _days(env, dice, today - dt.timedelta(days=14), today - dt.timedelta(days=1)):
        if not row["entered"]:
            gaps.setdefault(row["person"], []).append(row)
    for person, missing in gaps.items():
        if len(missing) < 4 or dice.random() < 0.05:
            day = dice.choice(missing)
            hours = float(day["hours"])
            part = dice.choice((hours, hours, hours * 0.75))
            for each in {part, hours - part} - {0.0}:
                _enter(env, dice, person, day["day"], each)
            return f"{_name(env, person)} entered {day['day']}, which was missing."
    return ""


def enter_today(env: Env, today: dt.date, dice: random.Random) -> str:
    for row in _days(env, dice, today, today):
        if row["entered"] + 1 <= row["hours"]:
            hours = min(float(row["hours"] - row["entered"]), dice.choice((1, 2, 2.5, 3, 4)))
            _enter(env, dice, row["person"], today, hours)
            return f"{_name(env, row['person'])} entered {hours:g} hours for today."
    return ""


def correct_line(env: Env, today: dt.date, dice: random.Random) -> str:
    """Somebody looks over the last days once more."""
    sql = """SELECT id, data FROM record WHERE model = 'account.analytic.line'
        AND (data->>'employee_id')::bigint = ANY(%s) AND data->>'date' >= %s ORDER BY id"""
    lines = env.rows(sql, [_sample(env, dice), str(today - dt.timedelta(days=7))])
    if not lines:
        return ""
    line = dice.choice(lines)
    hours = max(line["data"]["unit_amount"], min(8.5, line["data"]["unit_amount"] + dice.choice((0, 0, 0.5))))
    values = {"unit_amount": hours, "name": dice.choice(WORK)}
    _as_author(env, line["data"].get("user_id")).write("account.analytic.line", [line["id"]], values)
    return f"{_name(env, line['data']['employee_id'])} corrected a line of {line['data']['date']}."


def draft_invoice(env: Env, today: dt.date, dice: random.Random) -> str:
    projects = len(env.ids("project.project", [["allow_billable", "=", True]]))
    since = "SELECT count(*) AS n FROM record WHERE model = 'account.move' AND create_date >= %s"
    is_late = env.rows(since, [today])[0]["n"] > projects and dice.random() > 0.15  # enough for one day
    if is_late or len(_drafts(env)) >= max(14, round(projects * 1.2)):
        return ""
    move = draft(env, dice)
    return f"{_author(env, move)} drafted an invoice: {_about(env, move)}."


def confirm_small(env: Env, today: dt.date, dice: random.Random) -> str:
    found = [one for one, data in _drafts(env).items() if data["amount_total"] < SMALL]
    if len(found) < 3:
        return ""
    return _confirm(env, dice.choice(found))


def try_large(env: Env, today: dt.date, dice: random.Random) -> str:
    """Somebody confirms in Odoo what needs approval; the guard says no, and the invoice stays a draft."""
    found = [one for one, data in _drafts(env).items() if data["amount_total"] > LARGE]
    return _confirm(env, dice.choice(found)) if found and _is_guarded(env) else ""


def _confirm(env: Env, move: int) -> str:
    about = _about(env, move)
    moves.action_post(_real(env, env.one("account.move", move)["invoice_user_id"]), "account.move", [move])
    return f"{_author(env, move)} confirmed {about} in Odoo."


def cancel_draft(env: Env, today: dt.date, dice: random.Random) -> str:
    found = list(_drafts(env))
    if len(found) < 10:
        return ""
    move = dice.choice(found)
    moves.button_cancel(_real(env, env.one("account.move", move)["invoice_user_id"]), "account.move", [move])
    return f"{_author(env, move)} cancelled {_about(env, move)}."


def change_amount(env: Env, today: dt.date, dice: random.Random) -> str:
    """The price of a large draft moves a little while somebody may be deciding about it."""
    found = [one for one, data in _drafts(env).items() if data["amount_total"] > LARGE]
    if not found:
        return ""
    move = dice.choice(found)
    before = _about(env, move)
    line = moves.lines_of(env, move)[0]
    price = env.one("account.move.line", line)["price_unit"]
    factor = dice.choice((0.94, 0.97, 1.03, 1.05))
    by = _real(env, env.one("account.move", move)["invoice_user_id"])
    by.write("account.move.line", [line], {"price_unit": round(price * factor, 2)})
    return f"{_author(env, move)} changed {before} to {_about(env, move)}."


def attach(env: Env, today: dt.date, dice: random.Random) -> str:
    """A draft without papers gets its PDF, one with a PDF the client's acceptance."""
    for move in dice.sample(drafts := list(_drafts(env)), len(drafts)):
        domain = [["res_model", "=", "account.move"], ["res_id", "=", move]]
        names = [row["data"]["name"] for row in env.find("ir.attachment", domain)]
        by = _real(env, env.one("account.move", move)["invoice_user_id"])
        if not any(name.startswith("Invoice") for name in names):
            attach_invoice(by, move)
            return f"{_author(env, move)} attached the PDF of {_about(env, move)}."
        if len(names) == 1 and dice.random() < 0.5:
            attach_acceptance(by, move)
            return f"{_author(env, move)} attached the client's acceptance of {_about(env, move)}."
    return ""


def pay(env: Env, today: dt.date, dice: random.Random) -> str:
    due = str(today - dt.timedelta(days=10))
    domain = [["state", "=", "posted"], ["payment_state", "=", "not_paid"], ["invoice_date", "<=", due]]
    found = env.find("account.move", domain)
    if len(found) < 3:
        return ""
    move = dice.choice(found)
    env.patch("account.move", move["id"], PAID)
    return f"A client paid {move['data']['name']}."


def leave_note(env: Env, today: dt.date, dice: random.Random) -> str:
    for move in dice.sample(drafts := list(_drafts(env)), len(drafts)):
        domain = [["model", "=", "account.move"], ["res_id", "=", move], ["message_type", "=", "comment"]]
        if len(env.ids("mail.message", domain)) < 3:
            by = _real(env, env.one("account.move", move)["invoice_user_id"])
            message_post(by, "account.move", [move], body=dice.choice(NOTES), message_type="comment")
            return f"{_author(env, move)} left a note on {_about(env, move)}."
    return ""


def ask_for_leave(env: Env, today: dt.date, dice: random.Random) -> str:
    ahead = [["request_date_from", ">", str(today)]]
    if len(env.ids("hr.leave", [["state", "=", "confirm"], *ahead])) >= 4 or len(env.ids("hr.leave", ahead)) >= 12:
        return ""
    person = env.one("hr.employee", one := dice.choice(_sample(env, dice)))
    first = today + dt.timedelta(days=dice.randrange(7, 60))
    first -= dt.timedelta(days=first.weekday())
    if first <= today or env.ids("hr.leave", [["employee_id", "=", one], ["request_date_to", ">=", str(today)]]):
        return ""
    last = first + dt.timedelta(days=dice.choice((0, 1, 4)))
    days = (last - first).days + 1
    _as_author(env, person.get("user_id")).create("hr.leave", [{
        "employee_id": one, "holiday_status_id": 1, "state": "confirm", "company_id": person["company_id"],
        "request_date_from": str(first), "request_date_to": str(last), "number_of_days": days,
        "number_of_hours": 8 * days, "date_from": f"{first} 08:00:00", "date_to": f"{last} 16:00:00",
    }])  # fmt: skip
    return f"{person['name']} asked for {days} days off from {first}."


def approve_leave(env: Env, today: dt.date, dice: random.Random) -> str:
    found = env.find("hr.leave", [["state", "=", "confirm"], ["request_date_from", ">", str(today)]])
    if len(found) < 2:
        return ""
    leave = dice.choice(found)
    data = leave["data"]
    person = env.one("hr.employee", data["employee_id"])
    by = _as_author(env, env.one("hr.employee", person.get("parent_id")).get("user_id"))
    by.write("hr.leave", [leave["id"]], {"state": "validate"})
    by.create("resource.calendar.leaves", [{
        "name": "Time off", "resource_id": person["resource_id"], "calendar_id": person["resource_calendar_id"],
        "company_id": person["company_id"], "time_type": "leave", "date_from": data["date_from"],
        "date_to": data["date_to"],
    }])  # fmt: skip
    return f"{person['name']} may take time off from {data['request_date_from']}."


Act = Callable[["Env", dt.date, random.Random], str]
ACTS: dict[Act, float] = {  # how often one is tried before the others
    enter_missing_day: 4, enter_today: 8, correct_line: 3, draft_invoice: 4, confirm_small: 2.5, try_large: 2,
    cancel_draft: 0.6, change_amount: 1.5, attach: 2, pay: 1, leave_note: 1.5, ask_for_leave: 1, approve_leave: 1,
}  # fmt: skip


# --- who and what -------------------------------------------------------------------------------


def _sample(env: Env, dice: random.Random) -> list[int]:
    people = env.find("hr.employee", [["active", "=", True]])
    ids = [row["id"] for row in people]
    return dice.sample(ids, min(SAMPLE, len(ids)))


def _days(env: Env, dice: random.Random, first: dt.date, last: dt.date) -> list[dict]:
    """Working days of some people, in their order by chance: person, day, hours that are due, hours entered."""
    people = _sample(env, dice)
    sql = f"""SELECT d.person, d.day, d.hours, coalesce((SELECT sum((l.data->>'unit_amount')::numeric) FROM record l
            WHERE l.model = 'account.analytic.line' AND (l.data->>'employee_id')::bigint = d.person
            AND l.data->>'date' = d.day::text), 0) AS entered FROM ({WORKDAYS}) d"""
    rows = env.cursor.execute(sql.encode(), {"first": first, "last": last, "people": people}).fetchall()
    return sorted(rows, key=lambda row: (people.index(row["person"]), row["day"]))


def _enter(env: Env, dice: random.Random, person: int, day: dt.date, hours: float) -> None:
    data = env.one("hr.employee", person)
    projects = env.find("project.project", [["company_id", "=", data["company_id"]], ["active", "=", True]])
    department = env.one("hr.department", data["department_id"])["name"]
    wanted = dice.random() < (0.8 if department.startswith("Delivery") else 0.0)
    fitting = [row for row in projects if bool(row["data"].get("allow_billable")) == wanted]
    project = dice.choice(fitting)
    kind = "billable_time" if wanted else "non_billable"
    _as_author(env, data.get("user_id")).create("account.analytic.line", [{
        "employee_id": person, "project_id": project["id"], "date": str(day), "unit_amount": hours, "category": "other",
        "name": dice.choice(WORK), "timesheet_invoice_type": kind,
    }])  # fmt: skip


def _drafts(env: Env) -> dict[int, dict]:
    domain = [["state", "=", "draft"], ["move_type", "=", "out_invoice"], ["invoice_user_id", "!=", False]]
    return {row["id"]: row["data"] for row in env.find("account.move", domain)}


def _is_guarded(env: Env) -> bool:
    env.learn()
    if "x_cockpit_guard" not in env.registry:
        return False
    return bool(env.ids("x_cockpit_guard", [["x_model", "=", "account.move"], ["x_mode", "=", "enforce"]]))


def _as_author(env: Env, user: int | None) -> Env:
    """In the name of somebody who may do this for themselves, though not for everybody."""
    return env.sudo(user or 1)


def _real(env: Env, user: int) -> Env:
    """As that user, with that user's rights alone."""
    return type(env)(env.cursor, user)


def _name(env: Env, person: int) -> str:
    return str(env.one("hr.employee", person)["name"])


def _author(env: Env, move: int) -> str:
    return str(env.one("res.users", env.one("account.move", move)["invoice_user_id"])["name"])


def _about(env: Env, move: int) -> str:
    data = env.one("account.move", move)
    code = env.one("res.currency", data["currency_id"])["name"]
    name = data.get("name") or data.get("invoice_origin") or move
    return f"{name} ({data.get('ref')}, {data['amount_total']:,.2f} {code})"
