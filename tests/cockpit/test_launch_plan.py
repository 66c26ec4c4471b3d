import socket
from pathlib import Path

import pytest

from cockpit.launch import __main__ as launch
from cockpit.launch.home import LaunchError, open_home
from cockpit.launch.plan import ROOT, check_port, make_plan, options, sandbox_port
from cockpit.launch.process import Stop
from tests.cockpit.launching import new_home

ODOO = {"ODOO_URL": "https://odoo.example", "ODOO_DB": "firm", "ODOO_LOGIN": "cockpit", "ODOO_API_KEY": "key"}
EMBEDDED = {"DATABASE_URL": "postgresql://embedded", "REDIS_URL": "unix:///embedded"}


class TestOptions:
    def test_start_everything_embedded_when_nothing_is_set(self):
        asked = options({})
        assert (asked.home, asked.port, asked.databases) == (ROOT / ".cockpit", 8000, ("cockpit_demo", "odoo_sandbox"))

    @pytest.mark.parametrize(
        ("environ", "databases"),
        [
            ({"DATABASE_URL": "postgresql:///x"}, ("odoo_sandbox",)),
            (ODOO, ("cockpit",)),
            ({**ODOO, "DATABASE_URL": "postgresql:///x"}, ()),
            ({"FIRM": "small"}, ("cockpit_demo", "odoo_sandbox")),
            ({"FIRM": "large"}, ("cockpit_demo_large", "odoo_sandbox_large")),
            ({**ODOO, "FIRM": "large"}, ("cockpit",)),
        ],
    )
    def test_replace_the_embedded_parts_one_by_one(self, environ, databases):
        assert options(environ).databases == databases

    def test_accept_a_password_in_place_of_a_key(self):
        asked = options({**ODOO, "ODOO_API_KEY": "", "ODOO_PASSWORD": "secret"})
        assert asked.odoo_url == "https://odoo.example"

    @pytest.mark.parametrize("missing", ["ODOO_URL", "ODOO_DB", "ODOO_LOGIN", "ODOO_API_KEY"])
    def test_name_what_an_odoo_lacks(self, missing):
        with pytest.raises(LaunchError, match=f"but not {missing}"):
            options({name: value for name, value in ODOO.items() if name != missing})

    def test_refuse_a_firm_that_there_is_not(self):
        with pytest.raises(LaunchError, match="FIRM='huge' is not known; there are small, medium, large"):
            options({"FIRM": "huge"})

    @pytest.mark.parametrize("text", ["http", "0", "65536", "-1", "80.5"])
    def test_refuse_what_is_no_port(self, text):
        with pytest.raises(LaunchError, match="is no port; give a number from 1 to 65535"):
            options({"PORT": text})


class TestCheckPort:
    def test_says_that_it_is_taken_and_what_to_type(self):
        with socket.create_server(("127.0.0.1", 0)) as other:
            number = other.getsockname()[1]
            with pytest.raises(LaunchError, match=f"Port {number} is taken.*make run PORT={number + 1}"):
                check_port(number)
        check_port(number)


class TestPlan:
    def plan(self, path: Path, environ: dict[str, str]):
        home = open_home(path)
        return make_plan(
            home, options({**environ, "COCKPIT_HOME": str(path)}), environ, EMBEDDED, sandbox_url="pg:///s"
        )

    def test_invents_nothing_for_a_real_odoo(self):
        with new_home() as path:
            plan = self.plan(path, {**ODOO, "SECRET_KEY": "mine"})
        assert (plan.sandbox_port, plan.sandbox_env, plan.administrator) == (0, {}, {})
        assert plan.env | ODOO == plan.env
        assert plan.env["SECRET_KEY"] == "mine"

    def test_hands_the_addresses_to_every_program(self):
        with new_home() as path:
            plan = self.plan(path, {"REDIS_URL": "redis://other/1", "PORT": "8123"})
        for program in (plan.web(), plan.worker(), plan.courier(), plan.beat(), plan.sandbox(), plan.manage("migrate")):
            assert program.env["DATABASE_URL"] == "postgresql://embedded"
            assert program.env["REDIS_URL"] == "redis://other/1"
            assert program.env["PUBLIC_URL"] == "http://127.0.0.1:8123"
        assert plan.sandbox().env["SANDBOX_DATABASE_URL"] == "pg:///s"

    def test_pools_connections_in_the_web_process_alone(self):
        with new_home() as path:
            plan = self.plan(path, {"DATABASE_POOL": "1"})
        pooled = {p.name: p.env["DATABASE_POOL"] for p in (plan.web(), plan.worker(), plan.courier(), plan.beat())}
        assert pooled == {"web": "1", "worker": "0", "courier": "0", "beat": "0"}

    def test_tells_the_administrators_key_to_commands_alone(self):
        with new_home() as path:
            plan = self.plan(path, {})
        key = plan.sandbox_env["SANDBOX_ADMIN_API_KEY"]
        assert plan.manage("demo").env["ODOO_ADMIN_API_KEY"] == key
        assert key not in {*plan.web().env.values(), *plan.worker().env.values(), *plan.courier().env.values()}

    def test_hands_an_administrators_key_that_is_in_the_environment_to_nobody(self):
        with new_home() as path:
            plan = self.plan(path, {**ODOO, "ODOO_ADMIN_LOGIN": "admin", "ODOO_ADMIN_API_KEY": "secret"})
        assert not {name for name in plan.env if name.startswith("ODOO_ADMIN")}

    def test_keeps_the_sandboxs_port_while_it_is_free(self):
        with new_home() as path:
            home = open_home(path)
            first = sandbox_port(home)
            assert sandbox_port(home) == first
            with socket.create_server(("127.0.0.1", first)):
                assert sandbox_port(home) != first
            (path / "sandbox.port").write_text("")
            assert sandbox_port(home) > 0


class TestTellingTheSandbox:
    def plan(self, path):
        return make_plan(
            open_home(path), options({"COCKPIT_HOME": str(path), "PORT": "8123"}), {}, EMBEDDED, sandbox_url="pg:///s"
        )

    def test_is_remembered_with_the_address(self, monkeypatch):
        monkeypatch.setattr(launch, "run_to_end", lambda program, **_options: program.name)
        with new_home() as path:
            told = path.with_name("told")
            launch.tell_sandbox(self.plan(path), Stop(), told)
            assert told.read_text() == "http://127.0.0.1:8123"

    def test_that_fails_keeps_nobody_from_starting_and_is_tried_again(self, monkeypatch, capsys):
        def fails(program, **_options):
            raise LaunchError("odoo ended (code 1):\n+ a record\nCommandError: the sandbox is too old")

        monkeypatch.setattr(launch, "run_to_end", fails)
        with new_home() as path:
            told = path.with_name("told")
            launch.tell_sandbox(self.plan(path), Stop(), told)
            assert not told.exists()
        assert "within 15 seconds. CommandError: the sandbox is too old" in capsys.readouterr().out
