"""What the sandbox declares about Odoo's models is what a real Odoo says about them."""

import pytest

from integrations.odoo.sandbox.schema import MODELS, TYPES


@pytest.mark.parametrize("model", sorted(MODELS))
class TestDeclaredFields:
    def test_are_odoos_own(self, odoo, model):
        declared = {
            field.name: {"type": TYPES[field.kind], "relation": field.relation, "store": field.stored}
            for field in MODELS[model].fields.values()
        }
        attributes = ["type", "relation", "store"]
        said = odoo.admin.call(model, "fields_get", allfields=list(declared), attributes=attributes)
        found = {name: {key: about.get(key, "") for key in attributes} for name, about in said.items()}
        assert found == declared
