"""An Odoo before 19 has no versions of employees: that is no failure, and stays none when it is upgraded."""

from datetime import timedelta

from integrations.mirror.models import Cursor, Dirty, EmployeeVersion
from integrations.odoo.client import UnknownNameError
from integrations.odoo.pull.catalogue import LOADED

VERSION = "hr.version"


def without_versions(model, method, answer):
    if model == VERSION:
        raise UnknownNameError(f"Odoo does not know {model}.", text=model)
    return answer


class TestOlderOdoo:
    def test_is_read_to_the_end_without_the_model(self, odoo, pull):
        odoo.spoil = without_versions
        assert {run.status for run in pull()} == {"done"}
        cursor = Cursor.objects.get(model=VERSION)
        assert (cursor.fresh_at is not None, cursor.sentence) == (True, "This Odoo has no hr.version; nothing is read.")
        assert not Dirty.objects.filter(reason=LOADED).exists()

    def test_gives_all_of_it_after_an_upgrade(self, odoo, pull):
        odoo.put(VERSION, 1, employee_id=7, date_version="2024-01-01", active=True)
        usual, odoo.spoil = odoo.spoil, without_versions
        pull()
        odoo.spoil = usual
        odoo.now += timedelta(days=1)
        pull()
        assert EmployeeVersion.objects.get().employee_id == 7
