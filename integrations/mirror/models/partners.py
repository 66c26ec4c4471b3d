"""Clients and other contacts, and the tags that sort them (tiers are tags)."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from .base import MirrorModel, link, text


class Partner(MirrorModel):
    name = text()
    ref = text()
    active = models.BooleanField()
    is_company = models.BooleanField()
    parent_id = link()
    commercial_partner_id = link()
    company_id = link()
    email = text()
    vat = text()
    category_id = ArrayField(models.BigIntegerField())  # tags; a many2many despite its name
    customer_rank = models.IntegerField()


class PartnerTag(MirrorModel):
    name = text()
    active = models.BooleanField()
    parent_id = link()
