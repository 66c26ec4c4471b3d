"""The guardian against the sandbox: what it finds, which cases that makes, and what ends them."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import translation

from cockpit.exception_queue.models import Case
from cockpit.exception_queue.reading.runbooks import read
from cockpit.exception_queue.rules import RuleWaitsError
from cockpit.outbox.models import Message
from delivery import guards
from integrations.mirror.models import Cursor
from integrations.odoo.guardian import api, cases, keys, services, words
from integrations.odoo.guardian.finding import Finding, from_json
from integrations.odoo.models import GuardianLook
from integrations.odoo.sandbox.records import Env
from tests.contract.world import World
from tests.sandbox import Running, running

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 30, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def sandbox(django_db_setup: None, django_db_blocker: Any) -> Iterator[Running]:
    with django_db_blocker.unblock(), running("guardian") as sandbox:
        yield sandbox


@pytest.fixture
def odoo(sandbox: Running, settings: Any, monkeypatch: pytest.MonkeyPatch) -> World:
    sandbox.reset()
    for name, value in sandbox.env.items():
        if name.startswith("ODOO_ADMIN_"):
            monkeypatch.setenv(name, value)
    names = ("URL", "DB", "LOGIN", "API_KEY", "PASSWORD")
    settings.ODOO = {**settings.ODOO, "TRANSPORT": "auto", **{name: sandbox.env[f"ODOO_{name}"] for name in names}}
    return World(sandbox.env, "json2")


def key(sandbox: Running, ends: datetime | None, *, name: str = "cockpit", login: str = "cockpit") -> None:
    def make(cursor: Any) -> None:
        env = Env(cursor, 1, is_sudo=True)
        user = env.ids("res.users", [["login", "=", login]])[0]
        moment = f"{ends:%Y-%m-%d %H:%M:%S}" if ends else False
        env.create("res.users.apikeys", [{"name": name, "user_id": user, "expiration_date": moment}])

    sandbox.store.run(make)


def found(check: str) -> dict[str, Finding]:
    """What a look finds, by code; of several with one code the last."""
    return {each.code: each for each in map(from_json, services.look(at=NOW).findings) if each.check == check}


def case(code: str) -> Case | None:
    return Case.objects.exclude(state=Case.State.RESOLVED).filter(detail__code=code).first()


class TestKey:
    @pytest.mark.parametrize(
        ("days", "severity"),
        [(31, ""), (30, "low"), (15, "low"), (14, "medium"), (8, "medium"), (7, "high"), (2, "high"), (1, "critical")],
    )
    def test_is_warned_of_before_it_ends(self, odoo, sandbox, days, severity):
        key(sandbox, NOW + timedelta(days=days, hours=1))
        one = found("key")["key.ends"]
        assert (one.severity, one.facts["days"]) == (severity, days)

    def test_without_an_end_says_so_and_opens_nothing(self, odoo, sandbox):
        key(sandbox, None)
        assert found("key")["key.endless"].severity == ""

    def test_of_several_the_first_to_end_counts_and_that_is_said(self, odoo, sandbox):
        key(sandbox, NOW + timedelta(days=80), name="new")
        key(sandbox, NOW + timedelta(days=5), name="old")
        one = found("key")["key.ends"]
        assert one.facts["name"] == "old"
        assert "The user has 2 keys" in words.do(one)

    def test_of_others_and_ended_ones_do_not_count(self, odoo, sandbox):
        key(sandbox, NOW + timedelta(days=2), login="admin")
        key(sandbox, NOW - timedelta(days=2))
        assert set(found("key")) == {"key.unseen"}

    def test_that_is_refused_is_critical_and_leaves_the_other_cases_alone(self, odoo, sandbox, settings):
        call_command("odoo", "apply", "--yes")
        rule = odoo.admin.search_read("base.automation", [("name", "=", "Cockpit: who may release invoices")], ["id"])[
            0
        ]["id"]
        odoo.admin.call("base.automation", "write", [rule], vals={"active": False})
        services.look(at=NOW)
        services.watch(at=NOW)
        settings.ODOO = {**settings.ODOO, "API_KEY": "another"}
        services.look(at=NOW)
        services.watch(at=NOW)
        assert case("key.refused").severity == "critical"
        assert case("drift.changed") is not None


class TestRights:
    def test_in_order_make_no_case(self, odoo):
        assert {code: each.facts for code, each in found("rights").items() if each.severity} == {}

    def test_taken_away_are_named_with_the_group_that_gives_them(self, odoo):
        Cursor.objects.create(model="account.move", done_to=NOW)
        _take_group(odoo, "account.group_account_invoice")
        both = found("rights")
        assert "rights.write" in both
        models = {one["about"] for one in GuardianLook.objects.first().findings if one["code"] == "rights.read"}
        assert {"account.move", "account.move.line"} <= models
        assert "like Invoicing" not in words.do(both["rights.write"])
        assert "(Invoicing)" in words.do(both["rights.write"])

    def test_of_an_administrator_are_too_much(self, odoo, settings, sandbox):
        login, secret = sandbox.env["ODOO_ADMIN_LOGIN"], sandbox.env["ODOO_ADMIN_API_KEY"]
        settings.ODOO = {**settings.ODOO, "LOGIN": login, "API_KEY": secret}
        one = found("rights")["rights.group"]
        assert one.severity in ("high", "medium")
        xids = {each["about"]: each["severity"] for each in GuardianLook.objects.first().findings}
        assert xids["base.group_system"] == "high"

    def test_lost_to_release_is_critical(self, odoo):
        call_command("odoo", "apply", "--yes")
        _take_group(odoo, guards.RELEASE_GROUP)
        assert found("rights")["rights.release"].severity == "critical"


class TestApi:
    class Client:
        def __init__(self, major: int, transport: str) -> None:
            self.major, self.transport = major, transport

        def version(self) -> Any:
            return type("V", (), {"major": self.major, "text": f"{self.major}.0"})

    @pytest.mark.parametrize(
        ("major", "transport", "with_key", "code", "severity"),
        [
            (19, "json2", True, "api.current", ""),
            (18, "jsonrpc", True, "api.early", ""),
            (19, "jsonrpc", True, "api.ends", "medium"),
            (19, "jsonrpc", False, "api.ends_password", "medium"),
            (20, "jsonrpc", True, "api.ends", "high"),
        ],
    )
    def test_is_judged_by_version_and_transport(self, major, transport, with_key, code, severity):
        one = next(api.check(self.Client(major, transport), with_key=with_key))
        assert (one.code, one.severity) == (code, severity)

    def test_of_a_password_is_found_on_the_server(self, odoo, settings):
        settings.ODOO = {**settings.ODOO, "API_KEY": ""}
        look = services.look(at=NOW)
        codes = {each["code"] for each in look.findings}
        assert {"api.ends_password", "key.password"} <= codes


class TestDrift:
    def test_is_nothing_after_apply(self, odoo):
        assert set(found("drift")) == {"drift.nothing"}
        call_command("odoo", "apply", "--yes")
        assert set(found("drift")) == {"drift.none"}

    def test_is_seen_with_what_differs_and_ends_with_apply(self, odoo):
        call_command("odoo", "apply", "--yes")
        rule = odoo.admin.search_read("base.automation", [("name", "=", "Cockpit: who may release invoices")], ["id"])[
            0
        ]["id"]
        odoo.admin.call("base.automation", "write", [rule], vals={"filter_domain": "[('id', '=', 0)]"})
        services.look(at=NOW)
        assert services.watch(at=NOW) == 1
        one = case("drift.changed")
        assert "filter_domain is “[('id', '=', 0)]”" in cases.why(one)
        call_command("odoo", "apply", "--yes")
        services.look(at=NOW)
        services.watch(at=NOW)
        one.refresh_from_db()
        assert one.state == Case.State.RESOLVED

    def test_of_something_deleted_is_seen(self, odoo):
        call_command("odoo", "apply", "--yes")
        rule = odoo.admin.search_read("base.automation", [("name", "=", "Cockpit: who may release invoices")], ["id"])[
            0
        ]["id"]
        odoo.admin.call("base.automation", "unlink", [rule])
        assert found("drift")["drift.gone"].severity == "high"


class TestNeighbours:
    def rule(self, odoo: World, fields: list[str], model: str = "account.move", state: str = "webhook") -> int:
        pk = odoo.admin.search_read("ir.model", [("model", "=", model)], ["id"])[0]["id"]
        ids = [
            row["id"]
            for row in odoo.admin.search_read(
                "ir.model.fields", [("model", "=", model), ("name", "in", fields)], ["id"]
            )
        ]
        values = {"name": "Theirs", "model_id": pk, "trigger": "on_write", "trigger_field_ids": [[6, 0, ids]]}
        made = odoo.admin.call("base.automation", "create", vals_list=[values])[0]
        action = {"name": "Theirs", "model_id": pk, "state": state, "base_automation_id": made}
        odoo.admin.call("ir.actions.server", "create", vals_list=[action])
        return made

    def test_are_none_after_apply(self, odoo):
        call_command("odoo", "apply", "--yes")
        assert set(found("neighbours")) == {"neighbours.none"}

    def test_cannot_be_read_before_apply(self, odoo):
        assert set(found("neighbours")) == {"neighbours.unseen"}

    def test_on_the_same_fields_are_a_case_that_ends_when_they_go(self, odoo):
        call_command("odoo", "apply", "--yes")
        made = self.rule(odoo, ["state"])
        one = found("neighbours")["neighbours.shared"]
        assert one.facts["shared"] == ["state"]
        services.watch(at=NOW)
        assert "shares with the guard: state" in cases.why(case("neighbours.shared"))
        odoo.admin.call("base.automation", "write", [made], vals={"active": False})
        services.look(at=NOW)
        services.watch(at=NOW)
        assert case("neighbours.shared") is None

    def test_beside_it_are_listed_without_a_case(self, odoo):
        call_command("odoo", "apply", "--yes")
        self.rule(odoo, ["ref"])
        assert found("neighbours")["neighbours.beside"].severity == ""

    def test_on_other_models_do_not_count(self, odoo):
        call_command("odoo", "apply", "--yes")
        self.rule(odoo, ["name"], model="res.partner")
        assert set(found("neighbours")) == {"neighbours.none"}


class TestLook:
    def test_while_odoo_is_away_is_written_down_and_closes_nothing(self, odoo, sandbox, settings):
        key(sandbox, NOW + timedelta(days=3))
        services.look(at=NOW)
        services.watch(at=NOW)
        settings.ODOO = {**settings.ODOO, "URL": "http://127.0.0.1:9"}
        seen = services.look(at=NOW)
        assert "nothing listens there" in seen.problem
        services.watch(at=NOW)
        assert case("key.ends") is not None

    def test_goes_on_with_the_other_checks_when_one_fails(self, odoo, sandbox):
        sandbox.fault("500", model="res.users.apikeys", count=1)
        seen = services.look(at=NOW)
        assert "key" not in seen.checks
        assert {"rights", "api", "drift", "neighbours"} <= set(seen.checks)

    def test_is_due_once_an_hour(self, odoo):
        assert services.look_if_due(at=NOW) is not None
        assert services.look_if_due(at=NOW + timedelta(minutes=59)) is None
        assert services.look_if_due(at=NOW + timedelta(minutes=60)) is not None

    def test_is_asked_for_once_however_often_the_button_is_pressed(self, odoo):
        for _ in range(2):
            services.ask(actor="system:test", at=NOW)
        assert Message.objects.filter(handler="odoo.guardian").count() == 1


class TestWatch:
    def test_waits_while_nobody_looked(self):
        with pytest.raises(RuleWaitsError, match="Nobody has looked"):
            services.watch(at=NOW)

    def test_keeps_its_cases_when_the_look_is_old(self, odoo, sandbox):
        key(sandbox, NOW + timedelta(days=3))
        services.look(at=NOW)
        services.watch(at=NOW)
        with pytest.raises(RuleWaitsError, match="worker"):
            services.watch(at=NOW + timedelta(hours=4))
        assert case("key.ends") is not None

    def test_opens_one_case_however_often_it_looks_and_lets_it_grow_worse(self, odoo, sandbox):
        key(sandbox, NOW + timedelta(days=7, hours=1))
        for days in range(8):
            services.look(at=NOW + timedelta(days=days))
            services.watch(at=NOW + timedelta(days=days))
        assert Case.objects.filter(kind="odoo.key").count() == 1
        assert case("key.ends").severity == "critical"


class TestWords:
    FACTS = {"name": "K", "on": "2026-12-24T00:00:00+00:00", "days": 3, "keys": 2, "login": "cockpit", "sentence": "S.",
             "model": "account.move", "module": "account", "group": "Invoicing", "count": 4, "models": ["a", "b"],
             "version": "19.0", "gone": 22, "since": 19, "fields": ["state"], "shared": ["state"],
             "does": ["code"], "trigger": "on_write"}  # fmt: skip

    @pytest.mark.parametrize("code", sorted(words.WORDS))
    @pytest.mark.parametrize("language", ["en", "de"])
    def test_are_whole_in_both_languages(self, code, language):
        with translation.override(language):
            one = Finding(code, facts=self.FACTS)
            assert "%(" not in words.what(one) + words.do(one)
            assert words.what(one)

    @pytest.mark.parametrize("name", ["odoo-key", "odoo-rights", "odoo-api", "odoo-drift", "odoo-other-rules"])
    def test_have_a_runbook_in_both_languages(self, name):
        with translation.override("de"):
            german = read(name)
        assert read(name).title != german.title

    def test_count_whole_days(self):
        assert keys.days_left(NOW + timedelta(hours=30), NOW) == 1
        assert keys.days_left(NOW - timedelta(hours=30), NOW) == 0


def _take_group(odoo: World, xid: str) -> None:
    """Out of the group, and out of every group that implies it."""
    module, name = xid.split(".")
    row = odoo.admin.search_read("ir.model.data", [("module", "=", module), ("name", "=", name)], ["res_id"])[0]
    odoo.admin.call("res.users", "write", [odoo.client.uid], vals={"group_ids": [[3, row["res_id"], 0]]})
