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
    supplier_rank = models.IntegerField(null=True)
    user_id = link()  # who looks after the client
    lang = text()
    country_code = text()  # DE
    property_payment_term_id = link()  # in the company that the integration user stands in


class PartnerTag(MirrorModel):
    name = text()
    active = models.BooleanField()
    parent_id = link()


class PaymentTerm(MirrorModel):
    name = text()
    active = models.BooleanField()
    company_id = link()
