"""Entering another key: tried first, kept encrypted, counted before the environment's; and the page that does it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.management import call_command
from django.core.management.base import CommandError
from django.urls import reverse

from cockpit.accounts import grants
from cockpit.audit.models import Entry
from cockpit.outbox.models import Message
from integrations.odoo import credentials
from integrations.odoo.client import connect
from integrations.odoo.guardian import services
from integrations.odoo.models import GuardianLook, KeptKey
from integrations.odoo.push import connection
from tests import cast
from tests.cast import Firm
from tests.sandbox import KEYS, Running, running
from tests.visiting import visitor, words

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 30, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def sandbox(django_db_setup: None, django_db_blocker: Any) -> Iterator[Running]:
    with django_db_blocker.unblock(), running("guardian_key") as sandbox:
        yield sandbox


@pytest.fixture
def expired(sandbox: Running, settings: Any) -> Running:
    """An Odoo whose environment's key is no good any more."""
    sandbox.reset()
    names = {name: sandbox.env[f"ODOO_{name}"] for name in ("URL", "DB", "LOGIN")}
    settings.ODOO = {**settings.ODOO, "TRANSPORT": "auto", **names, "API_KEY": "expired", "PASSWORD": ""}
    connection.forget()
    return sandbox


@pytest.fixture
def firm() -> Firm:
    made = cast.firm()
    grants.grant(made["ann"], "operations_admin", made.de, actor="system:test", at=NOW)
    return made


class TestReplaceKey:
    def test_counts_before_the_environments_from_then_on(self, expired, firm):
        credentials.replace_key(KEYS["cockpit"], actor=firm["ann"], at=NOW)
        assert credentials.current().source == "page"
        assert connect(credentials.current_config()).login == "cockpit"
        assert connection.client(at=NOW).login == "cockpit"

    def test_is_never_kept_nor_audited_in_clear(self, expired, firm):
        credentials.replace_key(KEYS["cockpit"], actor=firm["ann"], at=NOW)
        assert KEYS["cockpit"] not in KeptKey.objects.get().secret
        assert KEYS["cockpit"] not in repr(credentials.current_config())
        entry = Entry.objects.get(verb="odoo.key.replace")
        assert KEYS["cockpit"] not in str(entry.data)

    @pytest.mark.parametrize(
        ("key", "why"),
        [("", "no API key"), ("two words", "no API key"), ("sch\u00f6n", "no API key"), ("wrong", "does not take"),
         (KEYS["admin"], "belongs to 'admin'")],
    )  # fmt: skip
    def test_is_refused_with_a_reason_and_leaves_the_old_one(self, expired, firm, key, why):
        credentials.replace_key(KEYS["cockpit"], actor=firm["ann"], at=NOW)
        with pytest.raises(credentials.KeyRefusedError, match=why):
            credentials.replace_key(key, actor=firm["ann"], at=NOW)
        assert credentials.current_config().api_key == KEYS["cockpit"]

    def test_of_another_user_is_refused_also_where_no_login_is_set(self, expired, firm, settings):
        settings.ODOO = {**settings.ODOO, "LOGIN": "", "API_KEY": KEYS["cockpit"]}
        services.look(at=NOW)
        settings.ODOO = {**settings.ODOO, "API_KEY": "expired"}
        with pytest.raises(credentials.KeyRefusedError, match="belongs to 'admin'"):
            credentials.replace_key(KEYS["admin"], actor=firm["ann"], at=NOW)

    def test_is_refused_while_odoo_is_away(self, expired, firm, settings):
        settings.ODOO = {**settings.ODOO, "URL": "http://127.0.0.1:9"}
        with pytest.raises(credentials.KeyRefusedError, match="nothing listens there"):
            credentials.replace_key(KEYS["cockpit"], actor=firm["ann"], at=NOW)
        assert not KeptKey.objects.exists()

    def test_does_not_count_at_another_address_or_database(self, expired, firm, settings):
        credentials.replace_key(KEYS["cockpit"], actor=firm["ann"], at=NOW)
        for change in ({"URL": "http://127.0.0.1:9"}, {"DB": "another"}, {"LOGIN": "somebody"}):
            old = settings.ODOO
            settings.ODOO = {**old, **change}
            assert credentials.current().source == "environment"
            settings.ODOO = old

    def test_twice_is_as_good_as_once(self, expired, firm):
        for _ in range(2):
            credentials.replace_key(KEYS["cockpit"], actor=firm["ann"], at=NOW)
        assert KeptKey.objects.count() == 1


class TestEncryption:
    def test_that_nothing_opens_falls_back_and_is_said(self, expired, firm, settings):
        credentials.replace_key(KEYS["cockpit"], actor=firm["ann"], at=NOW)
        settings.SECRET_KEY = "another one"
        now = credentials.current()
        assert (now.source, now.unreadable) == ("environment", True)
        assert "key.unreadable" in {each["code"] for each in services.look(at=NOW).findings}

    def test_goes_over_to_a_new_key_by_the_command(self, expired, firm, settings):
        credentials.replace_key(KEYS["cockpit"], actor=firm["ann"], at=NOW)
        settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
        call_command("odoo", "reseal")
        settings.SECRET_KEY = "another one"
        assert credentials.current_config().api_key == KEYS["cockpit"]

    def test_changes_nothing_when_nothing_opens_it(self, expired, firm, settings):
        credentials.replace_key(KEYS["cockpit"], actor=firm["ann"], at=NOW)
        before = KeptKey.objects.get().secret
        settings.SECRET_KEY = "another one"
        with pytest.raises(CommandError, match="Nothing was changed"):
            call_command("odoo", "reseal")
        assert KeptKey.objects.get().secret == before


class TestPage:
    def test_says_what_was_found_and_what_to_do(self, expired, firm):
        services.look(at=NOW)
        said = words(visitor(firm, "ann").get(reverse("odoo_connection")))
        assert "Odoo does not accept the key any more" in said
        assert "Make a new one and enter it here" in said

    def test_shows_the_connection_when_there_is_one(self, expired, firm):
        credentials.replace_key(KEYS["cockpit"], actor=firm["ann"], at=NOW)
        services.look(at=NOW)
        said = words(visitor(firm, "ann").get(reverse("odoo_connection")))
        assert "JSON-2" in said
        assert "cockpit" in said
        assert "this page" in said
        assert KEYS["cockpit"] not in said

    def test_stands_before_the_first_look(self, firm):
        said = words(visitor(firm, "ann").get(reverse("odoo_connection")))
        assert "Nobody has looked at the connection to Odoo yet." in said

    def test_is_never_green_on_an_old_look(self, expired, firm):
        credentials.replace_key(KEYS["cockpit"], actor=firm["ann"], at=NOW)
        seen = services.look(at=NOW)
        GuardianLook.objects.filter(pk=seen.pk).update(at=NOW.replace(year=2020))
        response = visitor(firm, "ann").get(reverse("odoo_connection"))
        assert response.context["state"] == "stale"
        assert "nobody has looked for hours" in words(response)

    def test_is_not_there_for_those_who_do_not_answer_for_it(self, firm):
        for name in ("eve", "ben"):
            for page in ("odoo_connection", "odoo_key"):
                assert visitor(firm, name).get(reverse(page)).status_code == 404

    def test_lets_who_only_reads_change_nothing(self, firm):
        lea = visitor(firm, "lea")
        assert "Change the key" not in words(lea.get(reverse("odoo_connection")))
        for page in ("odoo_look", "odoo_key", "odoo_key_forget"):
            assert lea.post(reverse(page), {"key": KEYS["cockpit"]}).status_code == 404

    def test_is_checked_again_once_however_often_it_is_pressed(self, expired, firm, time_machine):
        time_machine.move_to(NOW, tick=False)
        ann = visitor(firm, "ann")
        for _ in range(2):
            assert ann.post(reverse("odoo_look")).status_code == 302
        assert Message.objects.filter(handler="odoo.guardian").count() == 1
        assert "It is being looked at." in words(ann.get(reverse("odoo_connection")))

    def test_takes_a_key_and_refuses_a_wrong_one_beside_its_field(self, expired, firm):
        ann = visitor(firm, "ann")
        refused = ann.post(reverse("odoo_key"), {"key": "0badc0de0badc0de"})
        assert refused.status_code == 422
        assert "Odoo does not take this key." in words(refused)
        assert b"0badc0de" not in refused.content
        assert ann.post(reverse("odoo_key"), {"key": KEYS["cockpit"]}).status_code == 302
        assert credentials.current().source == "page"
        assert ann.post(reverse("odoo_key_forget")).status_code == 302
        assert credentials.current().source == "environment"


class TestConfig:
    def test_of_the_environment_stays_as_it_was_without_a_kept_key(self, expired):
        now = credentials.current()
        assert (now.source, now.config.api_key) == ("environment", "expired")
        assert replace(now.config, api_key="") != now.config
