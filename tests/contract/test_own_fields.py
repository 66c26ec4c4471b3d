"""A field that the firm made in Odoo comes into the mirror under the name that a file gives it."""

import pytest

from integrations.mirror.models import Partner
from tests.contract.test_pulling import pull
from tests.contract.world import unique

pytestmark = pytest.mark.django_db
ENTRY = '[[field]]\nmodel = "res.partner"\nfield = "{}"\nkey = "{}"\nlabel = "x"\ntype = "{}"\n'


@pytest.fixture
def made(odoo):
    """A number and a yes or no on contacts; gone afterwards."""
    model = odoo.admin.search_read("ir.model", [("model", "=", "res.partner")], ["id"])[0]["id"]
    mark = unique("x").rpartition("-")[2]
    names = {"float": f"x_risk_{mark}", "boolean": f"x_key_{mark}"}
    ids = [
        odoo.admin.call(
            "ir.model.fields", "create",
            vals_list=[{"name": name, "field_description": name, "model_id": model, "ttype": kind}],
        )[0]
        for kind, name in names.items()
    ]  # fmt: skip
    yield names
    odoo.admin.call("ir.model.fields", "unlink", ids)


def test_a_field_of_ones_own_is_mirrored(odoo, made, settings, tmp_path):
    path = tmp_path / "fields.toml"
    path.write_text(ENTRY.format(made["float"], "risk", "number") + ENTRY.format(made["boolean"], "is_key", "yes_no"))
    settings.ODOO = {**settings.ODOO, "FIELDS": str(path)}
    with_values = odoo.partner(**{made["float"]: 0.75, made["boolean"]: True})
    without = odoo.partner()
    pull(odoo, models=["res.partner"], compare_ids=False)
    assert Partner.objects.get(pk=with_values).extra == {"risk": 0.75, "is_key": True}
    assert Partner.objects.get(pk=without).extra == {"risk": 0.0, "is_key": False}
