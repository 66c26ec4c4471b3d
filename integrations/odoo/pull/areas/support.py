"""Tickets, of the community's helpdesk or of Enterprise's; what is attached to records and to be done about them."""

from integrations.mirror import models as mirror

from ..maps import Map, Mark
from .reasons import HIDDEN, INVOICE_CHANGED

TICKET_STAGE = Map("helpdesk.ticket.stage", mirror.TicketStage, capability="tickets")
TICKET_TEAM = Map("helpdesk.ticket.team", mirror.TicketTeam, capability="tickets")
TICKET_CATEGORY = Map("helpdesk.ticket.category", mirror.TicketCategory, capability="tickets")
HELPDESK_STAGE = Map("helpdesk.stage", mirror.HelpdeskStage, capability="helpdesk")
HELPDESK_TEAM = Map(
    "helpdesk.team", mirror.HelpdeskTeam, optional={"project_id": "helpdesk_timesheet"}, capability="helpdesk"
)
TICKET = Map(
    "helpdesk.ticket",
    mirror.Ticket,
    optional={
        "category_id": "helpdesk_mgmt",
        "type_id": "helpdesk_type",
        "kanban_state": "helpdesk_mgmt",
        "last_stage_update": "helpdesk_mgmt",
        "commercial_partner_id": "helpdesk_mgmt",
        "project_id": "helpdesk_mgmt_project",
        "task_id": "helpdesk_mgmt_project",
        "milestone_id": "helpdesk_mgmt_project",
        "sale_order_ids": "helpdesk_mgmt_sale",
        "assigned_date": HIDDEN,
    },
    otherwise={
        "number": "ticket_ref",
        "assigned_date": "assign_date",
        "closed_date": "close_date",
        "last_stage_update": "date_last_stage_update",
        "type_id": "ticket_type_id",
    },
    capability="tickets",
)

# What people look at beside its documents and what is to be done about it.
CARRIERS = [
    "account.move",
    "crm.lead",
    "helpdesk.ticket",
    "hr.expense",
    "project.milestone",
    "project.project",
    "project.task",
    "purchase.order",
    "sale.order",
]
ATTACHMENT = Map(
    "ir.attachment",
    mirror.Attachment,
    domain=[["res_model", "in", CARRIERS]],
    mark=Mark(INVOICE_CHANGED, "account.move", "res_id", where=("res_model", "account.move")),
    owner="res_id",
)
ACTIVITY_TYPE = Map("mail.activity.type", mirror.ActivityType, capability="activities")
ACTIVITY = Map(
    "mail.activity",
    mirror.Activity,
    domain=[["res_model", "in", [*CARRIERS, "res.partner"]]],
    capability="activities",
)
