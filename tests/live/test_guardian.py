"""The guardian on the real server: a key that ends, a lost right, another's rule, a guard that was edited."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from integrations.odoo import provision
from integrations.odoo.guardian import kept, keys, rights
from integrations.odoo.guardian.finding import Finding
from integrations.odoo.manifests import declared
from tests.contract.world import World, unique

pytestmark = pytest.mark.django_db
NOW = datetime.now(UTC)


class EndsSoon:
    """The client, whose user's only key ends in five days: Odoo lets nobody make such a key over its API."""

    def __init__(self, client: Any) -> None:
        self.client, self.uid = client, client.uid

    def search_read(self, model: str, domain: list, fields: list) -> list[dict]:
        rows = self.client.search_read(model, domain, fields)
        ends = f"{NOW + timedelta(days=5, hours=1):%Y-%m-%d %H:%M:%S}"
        return [row | {"expiration_date": ends} for row in rows]


def codes(found: Any) -> dict[str, Finding]:
    return {each.code: each for each in found}


@pytest.fixture
def made(odoo: World) -> World:
    provision.apply(odoo.admin, declared(odoo.client))
    return odoo


class TestKey:
    def test_of_the_integration_user_is_seen_by_itself(self, odoo):
        assert [key.expires_at for key in keys.keys_of(odoo.client, at=NOW)]
        assert set(codes(keys.check(odoo.client, at=NOW))) <= {"key.endless", "key.ends"}

    def test_that_ends_is_warned_of(self, odoo):
        assert codes(keys.check(EndsSoon(odoo.client), at=NOW))["key.ends"].severity == "high"


class TestRights:
    def test_of_the_integration_user_are_in_order(self, made):
        assert {code: one.facts for code, one in codes(rights.check(made.client)).items() if one.severity} == {}

    def test_of_an_administrator_are_too_much(self, made):
        assert codes(rights.check(made.admin))["rights.group"].severity in ("high", "medium")

    def test_to_release_that_was_taken_away_is_seen(self, made):
        group = made.admin.search_read("res.groups", [("name", "=", "Cockpit: release")], ["id"])[0]["id"]
        made.admin.call("res.users", "write", [made.client.uid], vals={"group_ids": [[3, group, 0]]})
        try:
            assert codes(rights.check(made.client))["rights.release"].severity == "critical"
        finally:
            made.admin.call("res.users", "write", [made.client.uid], vals={"group_ids": [[4, group, 0]]})


class TestGuard:
    def test_that_somebody_edited_is_seen_by_the_integration_user(self, made):
        rule = made.admin.search_read(
            "base.automation", [("name", "=", "Cockpit: who may release invoices")], ["id", "filter_domain"]
        )[0]
        with_domain: Callable[[str], Any] = lambda domain: made.admin.call(  # noqa: E731
            "base.automation", "write", [rule["id"]], vals={"filter_domain": domain}
        )
        assert set(codes(kept.check_drift(made.client, declared(made.client)))) == {"drift.none"}
        with_domain("[('id', '=', 0)]")
        try:
            changed = codes(kept.check_drift(made.client, declared(made.client)))["drift.changed"]
            assert [one["field"] for one in changed.facts["fields"]] == ["filter_domain"]
        finally:
            with_domain(rule["filter_domain"])


class TestNeighbours:
    def test_that_write_what_the_guard_looks_at_are_seen(self, made):
        model = made.admin.search_read("ir.model", [("model", "=", "account.move")], ["id"])[0]["id"]
        fields = made.admin.search_read(
            "ir.model.fields", [("model", "=", "account.move"), ("name", "=", "ref")], ["id"]
        )
        name = unique("theirs")
        action = {"name": name, "model_id": model, "state": "object_write", "update_path": "state",
                  "selection_value": False}  # fmt: skip
        values = {"name": name, "model_id": model, "trigger": "on_write", "active": True,
                  "trigger_field_ids": [[6, 0, [fields[0]["id"]]]], "action_server_ids": [[0, 0, action]]}  # fmt: skip
        rule = made.admin.call("base.automation", "create", vals_list=[values])
        try:
            found = [
                one for one in kept.check_neighbours(made.client, declared(made.client)) if one.about == str(rule[0])
            ]
            assert [one.code for one in found] == ["neighbours.shared"]
            assert found[0].facts["shared"] == ["state"]
        finally:
            made.admin.call("base.automation", "unlink", rule)
