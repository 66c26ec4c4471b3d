"""What the pages of measures read of the mirror."""

from django.utils.translation import gettext_lazy as _

from dashboards.rollups import SOURCES
from integrations.mirror.dependents import Dependent

DEPENDENTS = (Dependent(_("utilization"), frozenset(SOURCES), pages=frozenset({"utilization"})),)
