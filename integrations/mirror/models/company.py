"""Companies and the money they count in."""

from django.db import models

from .base import MirrorModel, link, number, text


class Company(MirrorModel):
    name = text()
    active = models.BooleanField()
    parent_id = link()
    partner_id = link()
    currency_id = link()
    resource_calendar_id = link()
    country_code = text()  # DE


class Currency(MirrorModel):
    name = text()  # the ISO code
    symbol = text()
    active = models.BooleanField()
    decimal_places = models.IntegerField()
    rounding = number()


class CurrencyRate(MirrorModel):
    name = models.DateField(null=True)  # the day from which it counts
    currency_id = link()
    company_id = link()
    rate = number()
    company_rate = number()  # units of currency_id per unit of the company's
