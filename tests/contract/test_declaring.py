"""What the sandbox declares about Odoo's models is what a real Odoo says about them."""

import pytest

from integrations.odoo.sandbox.schema import MODELS, TYPES

NOT_EVERYWHERE = {
    "res.users.apikeys": {"create_uid", "write_uid", "write_date"},  # Odoo logs no changes of keys
    "helpdesk.ticket": {"sale_order_ids"},  # of a module that the live suite's server does without
}


@pytest.mark.parametrize("model", sorted(MODELS))
class TestDeclaredFields:
    def test_are_odoos_own(self, odoo, model):
        declared = {
            field.name: {"type": TYPES[field.kind], "relation": field.relation, "store": field.stored}
            for field in MODELS[model].fields.values()
            if field.name not in NOT_EVERYWHERE.get(model, ())
        }
        attributes = ["type", "relation", "store"]
        said = odoo.admin.call(model, "fields_get", allfields=list(declared), attributes=attributes)
        found = {name: {key: about.get(key, "") for key in attributes} for name, about in said.items()}
        assert found == declared
