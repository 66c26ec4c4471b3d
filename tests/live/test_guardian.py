"""The guardian on the real server: a key that ends, a lost right, another's rule, a guard that was edited."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from cockpit.exception_queue.models import Case
from integrations.odoo import provision
from integrations.odoo.client import connect
from integrations.odoo.guardian import kept, keys, rights, services
from integrations.odoo.guardian.finding import Finding
from integrations.odoo.manifests import declared
from tests.contract.world import World, unique

pytestmark = pytest.mark.django_db
NOW = datetime.now(UTC)


@pytest.fixture
def key(odoo: World) -> Iterator[Any]:
    """A key of the integration user that ends in five days, and what changes its end.

    Odoo lets nobody make one over its API, so the administrator's server action does.
    """
    name = unique("ends soon")
    yield EndingKey(odoo, name)
    run_in_odoo(
        odoo,
        f"env['res.users.apikeys'].sudo().search([('name', '=', {name!r})]).unlink()\n"
        f"env['ir.config_parameter'].sudo().set_param({name!r}, False)",
    )


class EndingKey:
    def __init__(self, odoo: World, name: str) -> None:
        self.odoo, self.name = odoo, name
        run_in_odoo(
            odoo,
            f"made = env['res.users.apikeys'].with_user({odoo.client.uid}).sudo()._generate("
            f"'rpc', {name!r}, datetime.datetime.now() + datetime.timedelta(days=5, hours=1))\n"
            f"env['ir.config_parameter'].sudo().set_param({name!r}, made)",
        )
        self.value = odoo.admin.search_read("ir.config_parameter", [("key", "=", name)], ["value"])[0]["value"]

    def end(self) -> None:
        run_in_odoo(
            self.odoo,
            f"env['res.users.apikeys'].sudo().search([('name', '=', {self.name!r})]).write("
            "{'expiration_date': datetime.datetime.now() - datetime.timedelta(hours=1)})",
        )


def run_in_odoo(odoo: World, code: str) -> None:
    model = odoo.admin.search_read("ir.model", [("model", "=", "res.users")], ["id"])[0]["id"]
    action = {"name": unique("by hand"), "model_id": model, "state": "code", "code": code}
    made = odoo.admin.call("ir.actions.server", "create", vals_list=[action])
    odoo.admin.call("ir.actions.server", "run", made)
    odoo.admin.call("ir.actions.server", "unlink", made)


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

    def test_that_ends_is_warned_of_and_then_refused(self, odoo, key, settings):
        with_it = odoo.config(api_key=key.value)
        settings.ODOO = settings.ODOO | {
            "URL": with_it.url, "DB": with_it.db, "LOGIN": with_it.login, "API_KEY": key.value, "PASSWORD": "",
        }  # fmt: skip
        one = codes(keys.check(connect(with_it), at=datetime.now(UTC)))["key.ends"]
        assert (one.severity, one.facts["name"], one.facts["days"]) == ("high", key.name, 5)
        assert the_case("key.ends").severity == "high"
        key.end()
        assert the_case("key.refused").severity == "critical"


def the_case(code: str) -> Case | None:
    """That is open after a look."""
    now = datetime.now(UTC)
    services.look(at=now)
    services.watch(at=now)
    return Case.objects.exclude(state=Case.State.RESOLVED).filter(detail__code=code).first()


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
