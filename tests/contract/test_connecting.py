"""What connecting tells, and what it says when something is wrong."""

import logging
import socket
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from integrations.odoo.client import (
    AnswerError,
    AuthenticationError,
    NotConfiguredError,
    UnreachableError,
    WrongDatabaseError,
    connect,
)


class TestConnect:
    def test_says_who_and_where_we_are(self, odoo):
        client = odoo.new_client()
        users = client.search_read("res.users", [("login", "=", client.login)], ["id"])
        assert (client.login, client.db, client.transport) == (
            odoo.login("cockpit"),
            odoo.env["ODOO_DB"],
            odoo.transport,
        )
        assert [client.uid] == [user["id"] for user in users]
        assert client.version().major >= 19

    def test_takes_json2_when_the_server_has_it_and_there_is_a_key(self, odoo):
        assert connect(odoo.config(transport="auto")).transport == "json2"

    def test_takes_jsonrpc_when_there_is_only_a_password(self, odoo):
        assert connect(odoo.config(transport="auto", api_key="")).transport == "jsonrpc"

    def test_finds_the_login_of_a_key(self, odoo):
        client = connect(odoo.config(login="", transport="json2"))
        assert client.login == odoo.login("cockpit")

    def test_tells_the_servers_time(self, odoo):
        now = odoo.client.server_now()
        assert now.microsecond == 0
        assert abs(now - datetime.now(UTC)) < timedelta(seconds=5)

    def test_keeps_the_servers_time_of_the_last_answer_without_asking(self, odoo):
        client = odoo.new_client()
        client.search_read("res.users", [["id", "=", client.uid]], ["login"])
        now = datetime.now(UTC)
        assert abs(client.answered_at() - now) < timedelta(seconds=5)
        assert client.answered_at() == client.answered_at()

    @pytest.mark.parametrize("url", ["", "odoo.example.com", "ftp://odoo.example.com", "http://", "http://x:y:z"])
    def test_names_an_address_that_is_none(self, odoo, url):
        with pytest.raises(NotConfiguredError, match="ODOO_URL"):
            connect(odoo.config(url=url))

    def test_says_that_nothing_listens(self, odoo):
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            config = odoo.config(url=f"http://127.0.0.1:{unused.getsockname()[1]}")
            with pytest.raises(UnreachableError, match="nothing listens there") as caught:
                connect(config)
        assert caught.value.maybe_done is False

    def test_says_that_it_is_not_odoo(self, odoo):
        with pytest.raises(AnswerError, match="not as Odoo does"):
            connect(odoo.config(url=odoo.env["ODOO_URL"] + "/somewhere"))

    def test_names_the_database_that_is_not_served(self, odoo):
        with pytest.raises(WrongDatabaseError, match="serves no database 'nowhere'"):
            connect(odoo.config(db="nowhere"))

    def test_refuses_a_wrong_key(self, odoo):
        with pytest.raises(AuthenticationError, match="ODOO_API_KEY"):
            connect(odoo.config(api_key="0123456789abcdef" * 3))

    def test_refuses_a_wrong_password(self, odoo):
        with pytest.raises(AuthenticationError, match="ODOO_PASSWORD"):
            connect(odoo.config(api_key="", password="wrong", transport="jsonrpc"))

    def test_refuses_a_key_of_somebody_else(self, odoo):
        with pytest.raises(AuthenticationError):
            connect(odoo.config(login=odoo.login("admin")))

    @pytest.mark.parametrize(
        ("changes", "named"),
        [
            ({"db": ""}, "ODOO_DB"),
            ({"api_key": "", "password": ""}, "ODOO_API_KEY"),
            ({"api_key": "", "login": ""}, "ODOO_LOGIN"),
            ({"transport": "xmlrpc"}, "ODOO_TRANSPORT"),
            ({"transport": "json2", "api_key": ""}, "ODOO_API_KEY"),
            ({"transport": "jsonrpc", "login": ""}, "ODOO_LOGIN"),
        ],
    )
    def test_names_the_setting_that_is_missing(self, odoo, changes, named):
        with pytest.raises(NotConfiguredError, match=named):
            connect(replace(odoo.config(), **changes))

    def test_tells_its_key_to_nobody(self, odoo, caplog):
        secret = odoo.config().secret
        caplog.set_level(logging.DEBUG)
        logging.getLogger("odoorpc.rpc.jsonrpclib").setLevel(logging.DEBUG)
        client = odoo.new_client()
        client.search_read("res.company", [], ["name"])
        assert caplog.records
        assert secret not in caplog.text
        assert secret not in repr(odoo.config())
