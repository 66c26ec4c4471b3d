"""An Odoo before 19 has no versions of employees: that is no failure, and stays none when it is upgraded."""

from datetime import timedelta

from integrations.mirror.models import Cursor, Dirty, EmployeeVersion, Lead
from integrations.odoo.client import AccessRefusedError, UnknownNameError
from integrations.odoo.pull.catalogue import LOADED

VERSION = "hr.version"


def without_versions(model, method, answer):
    if model == VERSION:
        raise UnknownNameError(f"Odoo does not know {model}.", text=f"the model {model!r} does not exist")
    return answer


def closed(model, method, answer):
    """No right on leads: Odoo describes their fields all the same."""
    if model == "crm.lead" and method != "fields_get":
        raise AccessRefusedError("Odoo does not let this user call crm.lead.search_read.")
    return answer


class TestAModelThatIsNotShown:
    def test_is_absent_and_no_failure_until_it_was_read_once(self, odoo, pull):
        usual, odoo.spoil = odoo.spoil, closed
        assert {run.status for run in pull()} == {"done"}
        assert Cursor.objects.get(model="crm.lead").absent == "right"
        odoo.spoil = usual
        odoo.put("crm.lead", 5, name="Portal")
        odoo.now += timedelta(minutes=5)  # so long it is not asked for again
        pull()
        assert (Cursor.objects.get(model="crm.lead").absent, Lead.objects.get().name) == ("", "Portal")
        odoo.spoil = closed
        odoo.now += timedelta(minutes=1)
        assert [run.status for run in pull() if run.model == "crm.lead"] == ["failed"]

    def test_may_also_hide_its_fields(self, odoo, pull):
        """Odoo shows no field of a group that the user is not in: the map is not to blame."""
        del odoo.fields["sale.order"]["tag_ids"]
        assert [(run.model, run.status) for run in pull() if run.status != "done"] == [("sale.order", "failed")]
        odoo.closed = {"sale.order"}
        Cursor.objects.filter(model="sale.order").delete()
        odoo.now += timedelta(minutes=1)
        assert {run.status for run in pull()} == {"done"}
        assert Cursor.objects.get(model="sale.order").absent == "right"

    def test_says_which_columns_of_another_stay_empty(self, odoo, pull):
        pull()
        lacks = [name for name in Cursor.objects.get(model="sale.order").lacks if not name.startswith("x_cockpit_")]
        assert lacks == ["locked", "margin", "margin_percent", "opportunity_id", "project_id"]


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
