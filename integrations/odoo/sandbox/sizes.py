"""The firm in three sizes, each with a past: who else works there, for whom, and what is being drafted."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psycopg.types.json import Jsonb

from . import past
from .firm import MAIL, UNITS, Firm, backdate, found
from .names import CITIES, CRAFTS, FIRST, KINDS, LAST, PLACES, TRADES
from .papers import attach_acceptance, attach_invoice
from .versions import OF_VERSION, follow
from .waiting import wait

if TYPE_CHECKING:
    from .records import Env


@dataclass(frozen=True)
class Size:
    """How many there are beside the fourteen people, and how many lines a day's billable hours are split into."""

    people: int = 0
    departments: int = 0
    clients: int = 0
    projects: int = 0
    drafts: int = 0
    lines: int = 2


SIZES = {
    "small": Size(),
    "medium": Size(people=136, departments=8, clients=32, projects=50, drafts=50),
    "large": Size(people=986, departments=44, clients=240, projects=390, drafts=250, lines=3),
}
LEAVER = ("Paul Richter", "DE", "Delivery Berlin", "Consultant", "Ben", 57)
PARTS = (("Milestone", 1, (9000, 64000)), ("Time and material", 0, (110, 195)), ("Workshop days", 0, (1200, 1600)))


def chosen(environ: Mapping[str, str]) -> str:
    """The size that FIRM names. Raises SystemExit for one that there is not."""
    size = environ.get("FIRM") or "small"
    if size not in SIZES:
        raise SystemExit(f"FIRM={size} is not known; there are {', '.join(SIZES)}.")
    return size


def seed(size: str) -> Callable[[Env], None]:
    """What fills an empty store with the firm in that size, its past included."""

    def fill(env: Env) -> None:
        firm = found(env)
        leaver(firm)
        grow(firm, SIZES[size])
        past.holidays(firm)
        past.leave(firm)
        past.timesheets(firm, SIZES[size])
        past.invoices(firm)
        firm.invoices()
        wait(firm)
        for number in range(SIZES[size].drafts):
            draft(env, random.Random(f"draft {number}"))
        backdate(env)

    return fill


def leaver(firm: Firm) -> None:
    """Somebody who left in the middle of last month, and is archived since."""
    name, unit, department, title, manager, cost = LEAVER
    [one] = firm.env.create("hr.employee", [{
        "name": name, "work_email": f"paul@{MAIL}", "job_title": title, "hourly_cost": cost, "tz": UNITS[unit][2],
        "department_id": firm.env.ids("hr.department", [["name", "=", department]])[0],
        "parent_id": firm.employee[manager], "company_id": firm.company[unit],
        "contract_date_start": firm.day_of(31, 1),
    }])  # fmt: skip
    last = firm.day_of(1, 15)
    firm.env.write("hr.employee", [one], {"active": False, "departure_date": last, "contract_date_end": last})


def grow(firm: Firm, size: Size) -> None:
    if not size.people:
        return
    dice = random.Random(f"firm of {size.people}")
    departments = _departments(firm, size)
    people = [_person(firm, number, departments, dice) for number in range(size.people)]
    made = insert(firm.env, "hr.employee", people)
    own = [dict.fromkeys(OF_VERSION) | {"active": True, "employee_id": one, "company_id": row["company_id"],
           "employee_type": "employee", **{word: row[word] for word in OF_VERSION if word in row}}
           for one, row in zip(made, people, strict=True)]  # fmt: skip
    insert(firm.env, "hr.version", own)
    follow(firm.env)
    tags = firm.env.ids("res.partner.category", [])
    clients = insert(firm.env, "res.partner", [_client(number, tags) for number in range(size.clients)])
    for one in clients:
        firm.env.patch("res.partner", one, {"commercial_partner_id": one})
    insert(firm.env, "project.project", [_project(firm, number, clients) for number in range(size.projects)])


def _departments(firm: Firm, size: Size) -> list[dict]:
    """id, company's unit and manager of each new department."""
    rows, about = [], []
    for number in range(size.departments):
        city, craft = CITIES[number % len(CITIES)], number // len(CITIES)
        unit = "US" if number % len(CITIES) >= 6 else "DE"
        name = f"Delivery {city}" + (f" {CRAFTS[craft - 1]}" if craft else "")
        manager = firm.employee["Ben" if unit == "DE" else "Grace"]
        rows.append({"name": name, "active": True, "company_id": firm.company[unit], "manager_id": manager})
        about.append({"unit": unit, "manager": manager})
    ids = insert(firm.env, "hr.department", rows)
    return [{"id": one, **each} for one, each in zip(ids, about, strict=True)]


def _person(firm: Firm, number: int, departments: list[dict], dice: random.Random) -> dict:
    where = departments[number % len(departments)]
    unit = where["unit"]
    first, last = FIRST[number % len(FIRST)], LAST[(number // len(FIRST) + 7 * number) % len(LAST)]
    start = firm.day_of(dice.randrange(1, 90), dice.choice((1, 1, 1, 15)))
    part = unit == "DE" and dice.random() < 0.12
    return {
        "name": f"{first} {last}", "active": True, "work_email": f"{first}.{last}.{number}@{MAIL}".lower(),
        "job_title": dice.choice(("Consultant", "Senior Consultant", "Engineer", "Analyst", "Designer")),
        "hourly_cost": dice.randrange(44, 92), "company_id": firm.company[unit], "tz": UNITS[unit][2],
        "department_id": where["id"], "parent_id": where["manager"], "employee_type": "employee",
        "resource_calendar_id": firm.calendar["four days" if part else unit], "resource_id": 1_000_000 + number,
        "date_version": start, "contract_date_start": start,
    }  # fmt: skip


def _client(number: int, tags: list[int]) -> dict:
    place, trade = PLACES[number % len(PLACES)], TRADES[(number // len(PLACES)) % len(TRADES)]
    return {"name": f"{place} {trade} {'AG' if number % 3 else 'GmbH'}", "is_company": True, "active": True,
            "customer_rank": 1, "email": f"accounts@{place}-{trade}.example".lower(),
            "category_id": [tags[number % len(tags)]]}  # fmt: skip


def _project(firm: Firm, number: int, clients: list[int]) -> dict:
    unit = "US" if number % 3 == 2 else "DE"
    client = clients[number % len(clients)]
    name = firm.env.one("res.partner", client)["name"].split()[0]
    return {"name": f"{name} – {KINDS[number % len(KINDS)]} {number + 1}", "active": True, "partner_id": client,
            "user_id": firm.user["Ben" if unit == "DE" else "Grace"], "allocated_hours": 400, "allow_billable": True,
            "company_id": firm.company[unit], "allow_timesheets": True, "last_update_status": "on_track",
            "billing_type": "not_billable", "date_start": firm.day_of(10, 1), "date": None}  # fmt: skip


def insert(env: Env, model: str, rows: list[dict]) -> list[int]:
    """Store rows as they are, without rules or rights; their ids."""
    ids = [row["id"] for row in env.rows("SELECT nextval(%s) AS id FROM generate_series(1, %s)",
                                         [f'"id_{model}"', len(rows)])]  # fmt: skip
    at = env.rows("SELECT now() AT TIME ZONE 'utc' AS at")[0]["at"]
    with env.cursor.copy(
        "COPY record (model, id, create_uid, create_date, write_uid, write_date, data) FROM STDIN"
    ) as out:
        for one, row in zip(ids, rows, strict=True):
            out.write_row((model, one, 1, at, 1, at, Jsonb(row)))
    return ids


def draft(env: Env, dice: random.Random, *, project: int | None = None) -> int:
    """A new draft invoice of some project by its manager, mostly with its PDF; the invoice's id."""
    billable = env.sudo().ids("project.project", [["allow_billable", "=", True]])
    data = env.one("project.project", project or dice.choice(billable))
    company = data["company_id"]
    text, whole, (least, most) = dice.choice(PARTS)
    price = round(dice.uniform(least, most), -2 if whole else 0)
    quantity = 1 if whole else dice.randrange(3, 9) if least > 1000 else dice.randrange(40, 240)
    product = env.sudo().ids("product.product", [["default_code", "=", "CONS"]])[0]
    taxes = env.sudo().ids("account.tax", [["company_id", "=", company]])
    line: dict[str, Any] = {"name": f"{text} {dice.randrange(1, 7)}" if whole else text, "quantity": quantity,
                            "price_unit": price, "discount": dice.choice((0, 0, 0, 5)), "sequence": 10,
                            "product_id": product, "tax_ids": taxes}  # fmt: skip
    by = env.sudo(data["user_id"])
    [move] = by.create("account.move", [{
        "move_type": "out_invoice", "partner_id": data["partner_id"], "company_id": company, "ref": data["name"],
        "currency_id": env.one("res.company", company)["currency_id"],
        "invoice_origin": f"S{dice.randrange(100, 99999):05}", "invoice_line_ids": [[0, 0, line]],
    }])  # fmt: skip
    if dice.random() < 0.8:
        attach_invoice(by, move)
    if dice.random() < 0.35:
        attach_acceptance(by, move)
    return move
