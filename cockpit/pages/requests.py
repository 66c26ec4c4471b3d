from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from cockpit.accounts.models import User


class PageRequest(HttpRequest):
    """What a view gets once somebody is signed in and the middlewares have run. Only for types."""

    user: User
    htmx: HtmxDetails
