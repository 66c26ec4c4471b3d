from importlib import import_module

from django.conf import settings

from dashboards.rollups import SOURCES
from integrations.mirror.dependents import dependents, names_of, names_of_any
from integrations.odoo.pull.catalogue import MAPS


class TestDependents:
    def test_name_models_that_are_read(self):
        read = {each.odoo_model for each in MAPS}
        assert {model for one in dependents() for model in one.models} <= read

    def test_are_said_of_a_model(self):
        assert names_of("hr.leave") == [
            "missing timesheets",
            "Staffing",
            "utilization",
            "people, units and working time",
        ]
        assert names_of("no.such") == []

    def test_are_said_once_for_several_models(self):
        assert names_of_any(SOURCES).count("utilization") == 1

    def test_live_where_they_are_used(self):
        for name in settings.DEPENDENTS:
            assert import_module(name.rpartition(".")[0]).DEPENDENTS
