"""What the small firm sold and how it is delivered: for every client's project a lead that was won, its order, tasks
and a milestone; beside them a purchase, expenses, tickets and skills. Made through the rules, once.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .firm import Firm

STAGES = [("New", False), ("Qualified", False), ("Proposition", False), ("Won", True)]
OPEN = [("Nordlicht – Smart metering", 0, 1, 64000, 30), ("Kranich – Warehouse app", 1, 2, 41000, 60)]
LOST = ("Pine Street – Loyalty app", 7, "Too expensive")
TASKS = ["Concept", "Build", "Test"]
SKILLS = {"Programming": ["Python", "SQL", "TypeScript"], "Methods": ["Requirements", "Workshops"]}
EXPENSES = [("Eve", 0, "Train Berlin – Hamburg", 128.4), ("Owen", 6, "Hotel Boston", 212.0), ("Jonas", 2, "Taxi", 34.5)]
TICKETS = [(0, "Ingestion stops at night", "3"), (5, "Report shows last month", "1"), (6, "Sign-in is slow", "2")]


@dataclass(frozen=True)
class Engagement:
    order: int
    line: int  # hours
    task: int


def engage(firm: Firm) -> dict[int, Engagement]:
    """Project → what was sold for it. Needs clients, projects and products."""
    stages = {name: firm.make("crm.stage", name=name, sequence=number, is_won=won)
              for number, (name, won) in enumerate(STAGES)}  # fmt: skip
    _pipeline(firm, stages)
    doing = firm.make("project.task.type", name="Doing", sequence=1)
    made = {}
    for number, project in enumerate(firm.project):
        if firm.env.one("project.project", project).get("partner_id"):
            made[project] = _project(firm, number, project, stages["Won"], doing)
    _skills(firm)
    _beside(firm, made)
    return made


def _pipeline(firm: Firm, stages: dict[str, int]) -> None:
    for name, client, stage, revenue, days in OPEN:
        firm.make("crm.lead", name=name, type="opportunity", partner_id=firm.partner[client], probability=20 * stage,
                  stage_id=stages[STAGES[stage][0]], expected_revenue=revenue, company_id=firm.company["DE"],
                  user_id=firm.user["Lea"], date_deadline=str(firm.today + dt.timedelta(days=days)))  # fmt: skip
    name, client, why = LOST
    firm.make("crm.lead", name=name, type="opportunity", partner_id=firm.partner[client], active=False,
              lost_reason_id=firm.make("crm.lost.reason", name=why), stage_id=stages["Qualified"],
              company_id=firm.company["US"], user_id=firm.user["Lea"])  # fmt: skip


def _project(firm: Firm, number: int, project: int, won: int, doing: int) -> Engagement:
    data = firm.env.one("project.project", project)
    seller, client, company = data["user_id"], data["partner_id"], data["company_id"]
    lead = firm.make("crm.lead", name=data["name"], type="opportunity", partner_id=client, stage_id=won,
                     probability=100, expected_revenue=90000, company_id=company, user_id=seller)  # fmt: skip
    lines = [("Consulting, by the hour", 400, 165 + 5 * (number % 4), "timesheet"), ("Go-live", 1, 24000, "milestones")]
    day = firm.today - dt.timedelta(days=130 - number)
    order = firm.make("sale.order", partner_id=client, company_id=company, opportunity_id=lead, user_id=seller,
                      client_order_ref=f"PO {4700 + number}", date_order=f"{day} 09:00:00", state="sale",
                      order_line=[[0, 0, {"product_id": firm.consulting, "product_uom_id": firm.hour, "name": name,
                                          "product_uom_qty": quantity, "price_unit": price, "project_id": project,
                                          "sequence": 10 * position}]
                                  for position, (name, quantity, price, _) in enumerate(lines, 1)])  # fmt: skip
    hours, fixed = firm.env.ids("sale.order.line", [["order_id", "=", order]])
    firm.env.patch("sale.order.line", fixed, {"qty_delivered_method": "milestones"})
    kind = firm.tags["Type: Implementation" if number % 3 else "Type: Advice"]
    firm.env.write("project.project", [project], {"sale_line_id": hours, "tag_ids": [kind]})
    until = str(firm.today + dt.timedelta(days=20 + 6 * number))
    milestone = firm.make("project.milestone", name="Go-live", project_id=project, sale_line_id=fixed,
                          quantity_percentage=1.0, deadline=until)  # fmt: skip
    tasks = [firm.make("project.task", name=name, project_id=project, sale_line_id=hours, stage_id=doing,
                       user_ids=[seller], allocated_hours=120, milestone_id=milestone if name == "Test" else False)
             for name in TASKS]  # fmt: skip
    firm.make("project.update", name="Status", project_id=project, date=str(firm.today - dt.timedelta(days=7)),
              status="at_risk" if number == 3 else "on_track", progress=30 + 5 * number, user_id=seller)  # fmt: skip
    return Engagement(order, hours, tasks[1])


def _skills(firm: Firm) -> None:
    people = sorted(firm.employee)
    for kind, names in SKILLS.items():
        of = firm.make("hr.skill.type", name=kind)
        levels = [firm.make("hr.skill.level", name=name, skill_type_id=of, level_progress=progress)
                  for name, progress in (("Beginner", 25), ("Advanced", 60), ("Expert", 100))]  # fmt: skip
        for number, name in enumerate(names):
            skill = firm.make("hr.skill", name=name, skill_type_id=of)
            for position, first in enumerate(people[number::3]):
                firm.make("hr.employee.skill", employee_id=firm.employee[first], skill_id=skill, skill_type_id=of,
                          skill_level_id=levels[position % 3], valid_from=str(firm.today.replace(day=1)))  # fmt: skip


def _beside(firm: Firm, made: dict[int, Engagement]) -> None:
    """Expenses to be invoiced on, a subcontractor, tickets and a thing to do."""
    for first, number, text, amount in EXPENSES:
        project = firm.project[number]
        company = firm.env.one("project.project", project)["company_id"]
        own = firm.env.one("res.company", company)["currency_id"]
        firm.make("hr.expense", name=text, employee_id=firm.employee[first], product_id=firm.consulting,
                  state="submitted", date=str(firm.today - dt.timedelta(days=9)), total_amount_currency=amount,
                  total_amount=amount, currency_id=own, payment_mode="own_account",
                  sale_order_id=made[project].order)  # fmt: skip
    vendor = firm.make("res.partner", name="Atelier Nord", is_company=True, supplier_rank=1)
    firm.make("purchase.order", partner_id=vendor, company_id=firm.company["DE"], project_id=firm.project[2],
              state="purchase",
              order_line=[[0, 0, {"product_id": firm.consulting, "name": "Interface design", "product_qty": 6,
                                  "price_unit": 720, "sale_line_id": made[firm.project[2]].line}]])  # fmt: skip
    stages = [firm.make("helpdesk.ticket.stage", name=name, sequence=number, closed=name == "Done")
              for number, name in enumerate(("New", "In progress", "Done"))]  # fmt: skip
    team = firm.make("helpdesk.ticket.team", name="Support")
    for number, text, priority in TICKETS:
        data = firm.env.one("project.project", firm.project[number])
        firm.make("helpdesk.ticket", name=text, description=text, priority=priority, partner_id=data["partner_id"],
                  project_id=firm.project[number], company_id=data["company_id"], team_id=team,
                  stage_id=stages[number % 2])  # fmt: skip
    model = firm.env.ids("ir.model", [["model", "=", "project.project"]])[0]
    firm.make("mail.activity", res_model_id=model, res_id=firm.project[0], user_id=firm.user["Ben"],
              activity_type_id=firm.make("mail.activity.type", name="To do", category="default"),
              summary="Plan the hypercare", date_deadline=str(firm.today + dt.timedelta(days=4)))  # fmt: skip
