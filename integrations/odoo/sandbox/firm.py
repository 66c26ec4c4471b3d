"""Halden & Roth, a small firm with a German and an American company: seeded once, the same on the same day.

People's address is `<first name>@halden-roth.example`; the cast of the tests and of the demo works here.
"""

from __future__ import annotations

import datetime as dt
import random
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from .engagements import engage
from .moves import action_post
from .papers import attach_acceptance, attach_invoice
from .schema import GROUPS
from .versions import create_version
from .waiting import wait

if TYPE_CHECKING:
    from .records import Env

MAIL = "halden-roth.example"
UNITS = {  # company: name, currency, time zone, hours of a day
    "DE": ("Halden & Roth GmbH", "EUR", "Europe/Berlin", (9, 18)),
    "US": ("Halden & Roth Inc.", "USD", "America/New_York", (8, 17)),
}
BUSINESS = ("user", "partners", "invoicing", "hr", "leaves", "timesheets", "projects", "sales", "expenses", "purchases",
            "tickets")  # fmt: skip
IMPLIED = {"accounting": ["invoicing"], "system": ["rights"], "contracts": ["hr"]}
PEOPLE = [  # name, company, department, title, manager's first name, hourly cost
    ("Lea Halden", "DE", "Management", "Managing Partner", "", 120),
    ("Mia Brandt", "DE", "PMO", "Head of PMO", "Lea", 78),
    ("Ann Keller", "DE", "Finance", "Head of Finance", "Lea", 74),
    ("Dan Vogel", "DE", "Finance", "Financial Controller", "Ann", 61),
    ("Ben Okafor", "DE", "Delivery Berlin", "Project Manager", "Mia", 72),
    ("Eve Lindner", "DE", "Delivery Berlin", "Consultant", "Ben", 54),
    ("Jonas Weber", "DE", "Delivery Berlin", "Senior Consultant", "Ben", 66),
    ("Clara Neumann", "DE", "Delivery Berlin", "Consultant", "Ben", 52),
    ("Tariq Aziz", "DE", "Delivery Berlin", "Engineer", "Ben", 58),
    ("Sofia Moretti", "DE", "Delivery Berlin", "Designer", "Ben", 49),
    ("Frank Miller", "US", "Finance US", "Finance Manager", "Lea", 82),
    ("Grace Liu", "US", "Delivery Boston", "Project Manager", "Mia", 88),
    ("Owen Hughes", "US", "Delivery Boston", "Engineer", "Grace", 76),
    ("Nora Patel", "US", "Delivery Boston", "Analyst", "Grace", 63),
]
WRITE_INVOICES = {"Lea", "Mia", "Ann", "Dan", "Ben", "Frank", "Grace"}
DEPARTMENTS = {  # name: the one above, company, its manager
    "Management": ("", "DE", "Lea"), "PMO": ("Management", "DE", "Mia"), "Finance": ("Management", "DE", "Ann"),
    "Delivery Berlin": ("Management", "DE", "Ben"), "Finance US": ("", "US", "Frank"),
    "Delivery Boston": ("", "US", "Grace"),
}  # fmt: skip
CLIENTS = [  # name, company, tag
    ("Nordlicht Energie AG", "DE", "Strategic"), ("Kranich Logistik GmbH", "DE", "Key account"),
    ("Hafenwerk Robotics GmbH", "DE", "Standard"), ("Stadtwerke Lindau", "DE", "Standard"),
    ("Alpenblick Versicherung AG", "DE", "Key account"), ("Bluewater Health Inc.", "US", "Strategic"),
    ("Cobalt Mobility Corp.", "US", "Key account"), ("Pine Street Foods LLC", "US", "Standard"),
]  # fmt: skip
PROJECTS = [  # name, company, client, manager
    ("Nordlicht – Data platform", "DE", 0, "Ben"), ("Nordlicht – Grid portal", "DE", 0, "Ben"),
    ("Kranich – ERP rollout", "DE", 1, "Ben"), ("Hafenwerk – Cloud migration", "DE", 2, "Ben"),
    ("Lindau – Process audit", "DE", 3, "Mia"), ("Alpenblick – Claims app", "DE", 4, "Ben"),
    ("Bluewater – Patient portal", "US", 5, "Grace"), ("Cobalt – Fleet analytics", "US", 6, "Grace"),
    ("Pine Street – Security review", "US", 7, "Grace"), ("Internal DE", "DE", None, "Mia"),
    ("Internal US", "US", None, "Grace"),
]  # fmt: skip
# project, author, currency, state, age in days (0: not dated yet), lines of (text, quantity, price, discount)
INVOICES: list[tuple[int, str, str, str, int, list[tuple[str, float, float, float]]]] = [
    (0, "Ben", "EUR", "draft", 0, [("Milestone 3: ingestion live", 1, 38500, 0), ("Senior consultant", 62, 190, 5)]),
    (2, "Ben", "EUR", "draft", 0, [("Go-live Hamburg", 1, 27400, 0)]),
    (5, "Ben", "EUR", "draft", 0, [("Discovery and design", 1, 24000, 0), ("Designer", 44, 125, 0)]),
    (1, "Ben", "EUR", "draft", 0, [("October, time and material", 212, 165, 0)]),
    (3, "Ben", "USD", "draft", 0, [("Landing zone", 1, 41800, 0)]),
    (6, "Grace", "USD", "draft", 0, [("Phase 2", 1, 52600, 0), ("Engineer", 80, 175, 10)]),
    (7, "Grace", "USD", "draft", 0, [("Dashboards", 1, 21900, 0)]),
    (6, "Grace", "USD", "draft", 0, [("Change request 4", 120, 195, 0)]),
    (4, "Mia", "EUR", "draft", 0, [("Workshop days", 4, 1450, 0)]),
    (3, "Ben", "EUR", "draft", 0, [("Hypercare", 38, 150, 0)]),
    (8, "Grace", "USD", "draft", 0, [("Final report", 1, 8900, 0)]),
    (0, "Ben", "EUR", "paid", 38, [("Milestone 2: data model", 1, 31000, 0)]),
    (1, "Ben", "EUR", "posted", 31, [("September, time and material", 188, 165, 0)]),
    (2, "Ben", "EUR", "posted", 24, [("Data migration", 1, 18750, 0)]),
    (7, "Grace", "USD", "paid", 45, [("Concept", 1, 14200, 0)]),
    (6, "Grace", "USD", "posted", 17, [("Phase 1", 1, 39800, 0)]),
    (4, "Mia", "EUR", "cancel", 12, [("Preparation", 2, 1450, 0)]),
]
HOLIDAYS = {  # those with a fixed date
    "DE": [(1, 1, "Neujahr"), (5, 1, "Tag der Arbeit"), (10, 3, "Tag der Deutschen Einheit"),
           (12, 25, "1. Weihnachtstag"), (12, 26, "2. Weihnachtstag")],
    "US": [(1, 1, "New Year's Day"), (6, 19, "Juneteenth"), (7, 4, "Independence Day"), (11, 11, "Veterans Day"),
           (12, 25, "Christmas Day")],
}  # fmt: skip
LEAVES = [("Ann", 9, 3, "validate"), ("Tariq", -6, 5, "validate"), ("Nora", 14, 5, "confirm")]  # first day, days, state
WITHOUT_PDF, ACCEPTED = {5, 10}, {1, 3, 6, 7}  # drafts by their number
EARLIER = {  # first name: since when otherwise (months, day of the month), and how
    "Clara": (4, 1, {"department": "PMO", "job_title": "Project Assistant"}),
    "Sofia": (3, 1, {"calendar": "DE"}),
    "Jonas": (7, 15, {"job_title": "Consultant"}),
}
JOINED = {"Owen": (2, 16)}  # months ago, day of the month; everybody else has been here for longer
PAID = {"payment_state": "paid", "amount_residual": 0.0, "amount_residual_signed": 0.0}
WORK = (
    "Workshop with the client",
    "Data model",
    "Interfaces",
    "Review",
    "Testing",
    "Documentation",
    "Steering committee",
)


class Firm:
    """Seeds in the order in which records need one another."""

    def __init__(self, env: Env, today: dt.date):
        self.env, self.today, self.random = env, today, random.Random(19)
        self.company: dict[str, int] = {}
        self.currency: dict[str, int] = {}
        self.calendar: dict[str, int] = {}
        self.user: dict[str, int] = {}  # by first name
        self.employee: dict[str, int] = {}
        self.partner: list[int] = []
        self.project: list[int] = []

    def make(self, model: str, /, **values: Any) -> int:
        return self.env.create(model, [values])[0]

    def pages(self) -> None:
        """The forms that others extend."""
        forms = (("account.move", "account.view_move_form"), ("sale.order", "sale.view_order_form"),
                 ("hr.expense", "hr_expense.hr_expense_view_form"))  # fmt: skip
        for model, xid in forms:
            module, name = xid.split(".")
            form = self.make("ir.ui.view", name=f"{model}.form", model=model, mode="primary")
            self.make("ir.model.data", module=module, name=name, model="ir.ui.view", res_id=form)

    def rights(self) -> None:
        made: dict[str, int] = {}
        for name in sorted(GROUPS, key=lambda name: name in IMPLIED):  # those that imply others come last
            made[name] = self.make(
                "res.groups", name=name.capitalize(), implied_ids=[made[x] for x in IMPLIED.get(name, [])]
            )
            module, xmlid = GROUPS[name].split(".")
            self.make("ir.model.data", module=module, name=xmlid, model="res.groups", res_id=made[name])

    def companies(self) -> None:
        for code, symbol in (("EUR", "€"), ("USD", "$"), ("GBP", "£")):
            self.currency[code] = self.make(
                "res.currency", name=code, symbol=symbol, decimal_places=2, rounding=0.01, active=code != "GBP"
            )
        for unit, (name, code, _, _) in UNITS.items():
            partner = self.make("res.partner", name=name, is_company=True, email=f"office@{MAIL}")
            self.company[unit] = self.make(
                "res.company", name=name, currency_id=self.currency[code], partner_id=partner, country_code=unit
            )
            self.calendar[unit] = self.week(unit, "Standard 40 hours/week", 5)
            self.env.write("res.company", [self.company[unit]], {"resource_calendar_id": self.calendar[unit]})
        self.calendar["four days"] = self.week("DE", "Four days, 32 hours/week", 4)
        self.tax = self.make("account.tax", name="19 % USt", amount=19, company_id=self.company["DE"])
        for months in range(4):
            day = (self.today.replace(day=1) - dt.timedelta(days=31 * months)).replace(day=1)
            for unit, code, rate in (("DE", "USD", 1.08 + months / 100), ("US", "EUR", 0.92 - months / 100)):
                self.make("res.currency.rate", name=str(day), currency_id=self.currency[code], rate=rate,
                          company_id=self.company[unit])  # fmt: skip

    def week(self, unit: str, name: str, days: int) -> int:
        """Eight hours a day around an hour's lunch, which Odoo keeps as a line of its own."""
        _, _, zone, (first, last) = UNITS[unit]
        calendar = self.make("resource.calendar", name=name, tz=zone, hours_per_day=8, hours_per_week=8 * days,
                             full_time_required_hours=40, company_id=self.company[unit])  # fmt: skip
        for day in range(days):
            for part, begin, end in (("morning", first, 12), ("lunch", 12, 13), ("afternoon", 13, last)):
                self.make("resource.calendar.attendance", name=f"Day {day + 1} {part}", calendar_id=calendar,
                          sequence=10, dayofweek=str(day), hour_from=begin, hour_to=end, day_period=part)  # fmt: skip
        return calendar

    def users(self) -> None:
        both = sorted(self.company.values())
        for login, name, groups in (("__system__", "OdooBot", BUSINESS), ("admin", "Administrator", tuple(GROUPS)),
                                    ("cockpit", "Operations Cockpit", BUSINESS)):  # fmt: skip
            self.sign_in(login, name, both, groups)
        for name, unit, *_ in PEOPLE:
            first = name.split()[0]
            companies = both if first in ("Lea", "Mia") else [self.company[unit]]
            groups = BUSINESS if first in WRITE_INVOICES else ("user",)
            self.user[first] = self.sign_in(f"{first.lower()}@{MAIL}", name, companies, groups)

    def sign_in(self, login: str, name: str, companies: list[int], groups: tuple[str, ...]) -> int:
        email = login if "@" in login else f"{login}@{MAIL}"
        ids = [self.env.ref(GROUPS[group])["res_id"] for group in groups]
        return self.make("res.users", login=login, name=name, email=email, company_id=companies[0],
                         company_ids=companies, group_ids=ids)  # fmt: skip

    def people(self) -> None:
        made: dict[str, int] = {}
        for name, (above, unit, _) in DEPARTMENTS.items():
            made[name] = self.make("hr.department", name=name, parent_id=made.get(above), company_id=self.company[unit])
        for name, unit, department, title, manager, cost in PEOPLE:
            first = name.split()[0]
            self.employee[first] = self.make(
                "hr.employee", name=name, user_id=self.user[first], work_email=f"{first.lower()}@{MAIL}",
                job_title=title, department_id=made[department], hourly_cost=cost,
                parent_id=self.employee.get(manager), tz=UNITS[unit][2], employee_type="employee",
                resource_calendar_id=self.calendar["four days" if first == "Sofia" else unit],
                company_id=self.company[unit],
            )  # fmt: skip
        for name, (_, _, manager) in DEPARTMENTS.items():
            self.env.write("hr.department", [made[name]], {"manager_id": self.employee[manager]})

    def day_of(self, months: int, day: int) -> str:
        """That day of the month so many months ago."""
        month = self.today.year * 12 + self.today.month - 1 - months
        return str(dt.date(month // 12, month % 12 + 1, day))

    def contracts(self) -> None:
        """Who came when, and what was otherwise before: people changed departments, titles and hours."""
        for position, (name, *_) in enumerate(PEOPLE):
            first = name.split()[0]
            start = self.day_of(*JOINED.get(first, (26 + 5 * position, 1)))
            self.env.write("hr.employee", [self.employee[first]], {"contract_date_start": start})
            if first not in EARLIER:
                continue
            months, day, was = EARLIER[first]
            now = self.env.one("hr.employee", self.employee[first])
            before: dict[str, Any] = {word: value for word, value in was.items() if word == "job_title"}
            if "department" in was:
                before["department_id"] = self.env.ids("hr.department", [["name", "=", was["department"]]])[0]
            if "calendar" in was:
                before["resource_calendar_id"] = self.calendar[was["calendar"]]
            self.env.write("hr.employee", [self.employee[first]], before)
            change = {word: now[word] for word in before} | {"date_version": self.day_of(months, day)}
            create_version(self.env, "hr.employee", [self.employee[first]], change)

    def time_off(self) -> None:
        for unit, days in HOLIDAYS.items():
            for year in (self.today.year, self.today.year + 1):
                for month, number, name in days:
                    day = dt.date(year, month, number)
                    self.make("resource.calendar.leaves", name=name, company_id=self.company[unit], time_type="leave",
                              date_from=self.utc(unit, day, 0), date_to=self.utc(unit, day, 24))  # fmt: skip
        units = {name.split()[0]: unit for name, unit, *_ in PEOPLE}
        for first, start, length, state in LEAVES:
            unit, begin = units[first], self.today + dt.timedelta(days=start)
            end = begin + dt.timedelta(days=length - 1)
            hours = {"date_from": self.utc(unit, begin, 8), "date_to": self.utc(unit, end, 18)}
            away = hours | {"company_id": self.company[unit]}
            self.make("hr.leave", employee_id=self.employee[first], holiday_status_id=1, state=state,
                      number_of_days=length, number_of_hours=8 * length, request_date_from=str(begin),
                      request_date_to=str(end), **away)  # fmt: skip
            if state == "validate":  # Odoo takes the person out of the calendar
                resource = self.env.one("hr.employee", self.employee[first])["resource_id"]
                self.make("resource.calendar.leaves", name="Time off", resource_id=resource, time_type="leave",
                          calendar_id=self.calendar[unit], **away)  # fmt: skip

    def utc(self, unit: str, day: dt.date, hour: int) -> str:
        """The local hour of a day as Odoo's UTC text."""
        local = dt.datetime.combine(day, dt.time()) + dt.timedelta(hours=hour)
        return local.replace(tzinfo=ZoneInfo(UNITS[unit][2])).astimezone(dt.UTC).strftime("%Y-%m-%d %H:%M:%S")

    def clients(self) -> None:
        tags = {name: self.make("res.partner.category", name=name) for name in ("Strategic", "Key account", "Standard")}
        for name, _, tag in CLIENTS:
            email = f"accounts@{name.split()[0].lower()}.example"
            self.partner.append(self.make("res.partner", name=name, is_company=True, customer_rank=1, email=email,
                                          category_id=[tags[tag]]))  # fmt: skip
        for name, unit, client, manager in PROJECTS:
            partner = False if client is None else self.partner[client]
            self.project.append(self.make(
                "project.project", name=name, partner_id=partner, user_id=self.user[manager], allocated_hours=400,
                company_id=self.company[unit], allow_billable=bool(partner), allow_timesheets=True,
                date_start=str(self.today - dt.timedelta(days=120)), date=str(self.today + dt.timedelta(days=90)),
                last_update_status="on_track", billing_type="not_billable"))  # fmt: skip

    def products(self) -> None:
        self.hour = self.make("uom.uom", name="Hours")
        self.category = self.make("product.category", name="Consulting")
        template = self.make("product.template", name="Consulting", default_code="CONS", list_price=165, type="service",
                             categ_id=self.category, uom_id=self.hour, invoice_policy="delivery",
                             service_type="timesheet")  # fmt: skip
        self.consulting = self.env.ids("product.product", [["product_tmpl_id", "=", template]])[0]
        self.tags = {name: self.make("project.tags", name=name) for name in ("Type: Implementation", "Type: Advice")}

    def engagements(self) -> None:
        self.engaged = engage(self)

    def timesheets(self) -> None:
        """Four weeks up to yesterday; two projects a day, eight hours in all."""
        days = [day for n in range(28, 0, -1) if (day := self.today - dt.timedelta(days=n)).weekday() < 5]
        rows = []
        for name, unit, department, _, _, cost in PEOPLE:
            first, own = name.split()[0], [n for n, project in enumerate(PROJECTS) if project[1] == unit]
            fixed = {"employee_id": self.employee[first], "user_id": self.user[first], "category": "other",
                     "company_id": self.company[unit], "currency_id": self.currency[UNITS[unit][1]]}  # fmt: skip
            for day in days if department.startswith("Delivery") else []:
                split = self.random.choice([(4, 4), (6, 2), (5, 3), (7, 1)])
                for project, hours in zip(self.random.sample(own, 2), split, strict=True):
                    kind = "non_billable" if PROJECTS[project][2] is None else "billable_time"
                    rows.append(fixed | self.sold(project) | {
                        "name": self.random.choice(WORK), "date": str(day), "unit_amount": hours,
                        "project_id": self.project[project], "amount": -hours * cost, "timesheet_invoice_type": kind,
                    })  # fmt: skip
        self.env.create("account.analytic.line", rows)

    def sold(self, project: int) -> dict[str, int | None]:
        """What hours of a project count to."""
        sold = self.engaged.get(self.project[project])
        return {"so_line": sold.line, "order_id": sold.order, "task_id": sold.task} if sold else {"so_line": None}

    def invoices(self) -> None:
        for number, (project, author, code, state, age, lines) in enumerate(INVOICES, 1):
            env, (name, unit, client, _) = self.env.sudo(self.user[author]), PROJECTS[project]
            day = self.today - dt.timedelta(days=age)
            dates = {"invoice_date": str(day), "invoice_date_due": str(day + dt.timedelta(days=30))} if age else {}
            fixed = {"product_id": self.consulting, "tax_ids": [self.tax] if (unit, code) == ("DE", "EUR") else []}
            sold = self.engaged[self.project[project]]
            fixed["sale_line_ids"] = [sold.line]
            order = self.env.one("sale.order", sold.order)["name"]
            move = env.create("account.move", [{
                "move_type": "out_invoice", "partner_id": self.partner[client or 0], "company_id": self.company[unit],
                "currency_id": self.currency[code], "invoice_origin": order, "ref": name, **dates,
                "invoice_line_ids": [[0, 0, fixed | {"name": text, "quantity": quantity, "price_unit": price,
                                                     "discount": discount, "sequence": 10 * position}]
                                     for position, (text, quantity, price, discount) in enumerate(lines, 1)],
            }])  # fmt: skip
            if number not in WITHOUT_PDF:
                attach_invoice(env, move[0])
            if number in ACCEPTED:
                attach_acceptance(env, move[0])
            if state in ("posted", "paid"):
                action_post(env, "account.move", move)
            if state == "cancel":
                env.write("account.move", move, {"state": "cancel"})
            if state == "paid":
                env.patch("account.move", move[0], PAID)


def found(env: Env) -> Firm:
    """The firm without its work: people, calendars, clients and projects."""
    firm = Firm(env, env.rows("SELECT (now() AT TIME ZONE 'utc')::date AS day")[0]["day"])
    for step in (firm.pages, firm.rights, firm.companies, firm.users, firm.people, firm.contracts, firm.time_off,
                 firm.clients, firm.products, firm.engagements):  # fmt: skip
        step()
    return firm


def seed(env: Env) -> None:
    """The small firm as tests want it: still, with four weeks of timesheets."""
    firm = found(env)
    firm.timesheets()
    firm.invoices()
    wait(firm)
    backdate(env)


def backdate(env: Env) -> None:
    """Let what was made in this transaction carry yesterday's time, so that the first pull has nothing to wait for."""
    day = "interval '1 day'"
    sql = f"""UPDATE record SET create_date = create_date - {day}, write_date = write_date - {day}
        WHERE create_date = now() AT TIME ZONE 'utc'"""
    env.cursor.execute(sql.encode())
