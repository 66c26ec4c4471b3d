"""Where a request stands."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class State(models.TextChoices):
    PENDING = "pending", _("Waiting for a decision")
    SETTLING = "settling", _("Decided, can be undone")
    APPROVED = "approved", _("Approved")
    REJECTED = "rejected", _("Rejected")
    CLOSED = "closed", _("Closed without a decision")
    OBSERVED = "observed", _("Would have been asked")
