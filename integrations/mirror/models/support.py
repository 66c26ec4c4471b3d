"""Tickets of clients, from the community's helpdesk or Enterprise's: their stages and teams have names of their own."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from .base import MirrorModel, ids, link, text


class TicketStage(MirrorModel):
    name = text()
    active = models.BooleanField()
    sequence = models.IntegerField()
    closed = models.BooleanField()
    unattended = models.BooleanField()


class TicketTeam(MirrorModel):
    name = text()
    active = models.BooleanField()
    company_id = link()
    user_id = link()


class TicketCategory(MirrorModel):
    name = text()
    active = models.BooleanField()


class HelpdeskStage(MirrorModel):
    """Enterprise's; a folded one is closed."""

    name = text()
    active = models.BooleanField()
    sequence = models.IntegerField()
    fold = models.BooleanField()


class HelpdeskTeam(MirrorModel):
    """Enterprise's."""

    name = text()
    active = models.BooleanField()
    company_id = link()
    project_id = link()


class Ticket(MirrorModel):
    number = text()
    name = text()
    active = models.BooleanField()
    stage_id = link()  # a TicketStage, in Enterprise a HelpdeskStage
    team_id = link()  # a TicketTeam, in Enterprise a HelpdeskTeam
    user_id = link()
    partner_id = link()
    commercial_partner_id = link()
    company_id = link()
    priority = text()  # 0 to 3, the highest
    category_id = link()
    type_id = link()
    kanban_state = text()  # normal, done, blocked
    tag_ids: ArrayField = ids()
    assigned_date = models.DateTimeField(null=True)
    closed_date = models.DateTimeField(null=True)
    last_stage_update = models.DateTimeField(null=True)
    project_id = link()
    task_id = link()
    milestone_id = link()
    sale_order_ids: ArrayField = ids()
    create_date = models.DateTimeField(null=True)

    class Meta(MirrorModel.Meta):
        indexes = [
            models.Index(fields=["partner_id"], name="mirror_ticket_partner"),
            models.Index(fields=["project_id"], name="mirror_ticket_project"),
        ]
