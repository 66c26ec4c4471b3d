"""What the client makes of a network and of servers that misbehave. Real answers are in tests/contract."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from integrations.odoo.client import (
    AccessRefusedError,
    AnswerError,
    AuthenticationError,
    BusyError,
    MissingRecordError,
    OdooClient,
    OdooConfig,
    RefusedError,
    ServerFaultError,
    UnknownNameError,
    UnreachableError,
    connect,
)

TRANSPORTS = ["json2", "jsonrpc"]


class Odoo:
    """A server that greets like Odoo 19 and then answers as it is told."""

    def __init__(self, server: HTTPServer, transport: str) -> None:
        self.server, self.transport = server, transport
        version = {"version_info": [19, 0, 0, "final", 0, ""], "version": "19.0"}
        server.expect_request("/json/version").respond_with_json(version)
        server.expect_oneshot_request("/json/2/res.users/context_get").respond_with_json({"uid": 5})
        server.expect_oneshot_request("/json/2/res.users/search_read").respond_with_json(
            [{"id": 5, "login": "cockpit"}]
        )
        for result in (5, {"lang": "en_US"}):  # login, context_get
            server.expect_oneshot_request("/jsonrpc").respond_with_json({"jsonrpc": "2.0", "id": 1, "result": result})

    def client(self, **changes: Any) -> OdooClient:
        values = {"url": self.server.url_for(""), "db": "odoo", "login": "cockpit", "api_key": "secret key"}
        client = connect(OdooConfig(**{**values, "transport": self.transport, **changes}))
        self.server.clear_all_handlers()
        return client

    def answer(self, answer: Response) -> None:
        self.server.expect_request("/json/2/res.partner/write").respond_with_response(answer)
        self.server.expect_request("/jsonrpc").respond_with_response(answer)

    def fail(self, name: str, message: str, status: int = 500) -> None:
        """As each transport reports an exception."""
        error = {"name": name, "message": message, "arguments": [message], "context": {}, "debug": "Traceback …"}
        rpc = {"jsonrpc": "2.0", "id": 1, "error": {"code": 0, "message": "Odoo Server Error", "data": error}}
        self.server.expect_request("/json/2/res.partner/write").respond_with_json(error, status=status)
        self.server.expect_request("/jsonrpc").respond_with_json(rpc)


def write(client: OdooClient) -> Any:
    return client.call("res.partner", "write", [1], vals={"ref": "x"})


@pytest.fixture(params=TRANSPORTS)
def odoo(httpserver: HTTPServer, request: pytest.FixtureRequest) -> Odoo:
    return Odoo(httpserver, request.param)


@contextmanager
def listening(behave: Any) -> Iterator[str]:
    """A socket that treats each connection as `behave(connection)` says."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    connection, _address = server.accept()
                except OSError:
                    return
                with connection:
                    behave(connection)

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


def read_request(connection: socket.socket) -> None:
    text = b""
    while b"\r\n\r\n" not in text:
        text += connection.recv(1)
    length = next(int(row[15:]) for row in text.splitlines() if row.lower().startswith(b"content-length:"))
    while length:
        length -= len(connection.recv(length))


class TestErrorsOfOdoo:
    @pytest.mark.parametrize(
        ("name", "message", "expected"),
        [
            ("odoo.exceptions.AccessError", "You are not allowed", AccessRefusedError),
            ("odoo.exceptions.AccessDenied", "Access Denied", AuthenticationError),
            ("odoo.exceptions.MissingError", "Record does not exist", MissingRecordError),
            ("odoo.exceptions.UserError", "Not before Friday", RefusedError),
            ("odoo.exceptions.ValidationError", "A name is needed", RefusedError),
            ("builtins.ValueError", "Invalid field 'x' on 'res.partner'", UnknownNameError),
            ("builtins.KeyError", "x_field", UnknownNameError),
            ("builtins.TypeError", "write() missing 1 required positional argument: 'vals'", UnknownNameError),
            ("psycopg2.errors.SerializationFailure", "could not serialize access", BusyError),
            ("psycopg2.errors.DeadlockDetected", "deadlock detected", BusyError),
            ("psycopg2.errors.LockNotAvailable", "could not obtain lock on row", BusyError),
            ("odoo.exceptions.LockError", "Cannot grab a lock on records", BusyError),
            ("builtins.ZeroDivisionError", "division by zero", ServerFaultError),
        ],
    )
    def test_become_typed_ones_with_a_sentence(self, odoo, name, message, expected):
        client = odoo.client()
        odoo.fail(name, message)
        with pytest.raises(expected) as caught:
            write(client)
        assert type(caught.value) is expected
        assert caught.value.sentence.endswith((".", message))
        assert "Traceback" not in caught.value.sentence

    def test_leave_nothing_done(self, odoo):
        client = odoo.client()
        odoo.fail("builtins.RuntimeError", "boom")
        with pytest.raises(ServerFaultError, match=r"res\.partner\.write .RuntimeError: boom") as caught:
            write(client)
        assert caught.value.maybe_done is False

    def test_quote_what_a_rule_says(self, odoo):
        client = odoo.client()
        odoo.fail("odoo.exceptions.UserError", "Not before Friday\n", 422)
        with pytest.raises(RefusedError) as caught:
            write(client)
        assert (caught.value.text, caught.value.sentence) == ("Not before Friday", "Odoo refused: Not before Friday")


class TestAnswersOfOthers:
    @pytest.mark.parametrize(
        ("status", "expected", "maybe_done"),
        [(500, ServerFaultError, True), (502, ServerFaultError, True), (504, ServerFaultError, True),
         (413, AnswerError, False), (200, AnswerError, True)],
    )  # fmt: skip
    def test_that_are_pages_are_no_answers(self, odoo, status, expected, maybe_done):
        client = odoo.client()
        odoo.answer(Response("<html>Oops</html>", status, content_type="text/html"))
        with pytest.raises(expected) as caught:
            write(client)
        assert caught.value.maybe_done is maybe_done

    @pytest.mark.parametrize("status", [429, 503])
    def test_that_ask_for_patience_are_busy(self, odoo, status):
        client = odoo.client()
        odoo.answer(Response("later", status))
        with pytest.raises(BusyError):
            write(client)

    def test_that_send_us_elsewhere_are_not_followed(self, odoo):
        client = odoo.client()
        odoo.answer(Response("", 302, headers={"Location": "https://elsewhere.example/"}))
        with pytest.raises(AnswerError, match=r"elsewhere\.example") as caught:
            write(client)
        assert caught.value.maybe_done is False

    def test_cut_in_half_are_no_answers(self, odoo):
        client = odoo.client()
        odoo.answer(Response('{"jsonrpc": "2.0", "result": [1, 2', 200, content_type="application/json"))
        with pytest.raises(AnswerError):
            write(client)

    @pytest.mark.parametrize("body", ["[]", "3", '"x"', "null"])
    def test_of_another_shape_are_no_version(self, httpserver, body):
        httpserver.expect_request("/json/version").respond_with_data(body)
        with pytest.raises(AnswerError):
            Odoo.client(_bare(httpserver))

    def test_of_an_older_odoo_are_understood(self, httpserver):
        answer = {"server_version": "17.0", "server_version_info": [17, 0, 0, "final", 0, ""]}
        httpserver.expect_request("/web/webclient/version_info").respond_with_json({"jsonrpc": "2.0", "result": answer})
        for result in (5, {"lang": "en_US"}):
            httpserver.expect_oneshot_request("/jsonrpc").respond_with_json({"id": 1, "result": result})
        httpserver.expect_request("/json/version").respond_with_data("Not Found", status=404)
        client = _bare(httpserver).client(transport="auto")
        assert (client.transport, client.version().major, client.uid) == ("jsonrpc", 17, 5)

    def test_of_a_hosted_version_name_its_number(self, httpserver):
        httpserver.expect_request("/json/version").respond_with_json(
            {"version_info": ["saas~19", 2, 0, "final", 0, "e"], "version": "saas~19.2+e"}
        )
        httpserver.expect_request("/json/2/res.users/context_get").respond_with_json({"uid": 5})
        httpserver.expect_request("/json/2/res.users/search_read").respond_with_json([{"id": 5, "login": "cockpit"}])
        client = _bare(httpserver).client(transport="auto")
        assert (client.transport, client.version().major) == ("json2", 19)


def _bare(server: HTTPServer) -> Odoo:
    odoo = Odoo.__new__(Odoo)
    odoo.server, odoo.transport = server, "auto"
    return odoo


class TestLostConnections:
    def test_before_the_request_left_have_done_nothing(self, odoo):
        client = odoo.client()
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            client._wire.url = f"http://127.0.0.1:{unused.getsockname()[1]}"  # type: ignore[attr-defined]
            with pytest.raises(UnreachableError, match="nothing listens there") as caught:
                write(client)
        assert caught.value.maybe_done is False

    def test_after_it_left_may_have_done_it(self, odoo):
        client = odoo.client()

        def hang_up(connection: socket.socket) -> None:
            connection.recv(65536)

        with listening(hang_up) as url:
            client._wire.url = url  # type: ignore[attr-defined]
            with pytest.raises(UnreachableError, match="broke before it answered") as caught:
                write(client)
        assert caught.value.maybe_done is True

    def test_that_stay_silent_may_have_done_it(self, odoo):
        client = odoo.client(timeout_s=0.3)
        with listening(lambda connection: time.sleep(1)) as url:
            client._wire.url = url  # type: ignore[attr-defined]
            with pytest.raises(UnreachableError, match=r"no answer within 0\.3 s") as caught:
                write(client)
        assert caught.value.maybe_done is True

    def test_are_reused_while_they_last(self, odoo):
        """The pool keeps a connection that the server keeps."""
        client = odoo.client()
        seen = set()
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "result": True} if odoo.transport == "jsonrpc" else True)

        def keep(connection: socket.socket) -> None:
            seen.add(connection.getpeername())
            for _call in range(3):
                read_request(connection)
                head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
                connection.sendall((head + body).encode())

        with listening(keep) as url:
            client._wire.url = url  # type: ignore[attr-defined]
            for _call in range(3):
                assert write(client) is True
        assert len(seen) == 1


class TestRequests:
    def test_below_a_path_keep_it(self, httpserver):
        odoo = Odoo(httpserver, "jsonrpc")
        seen = []

        def answer(request: Request) -> Response:
            seen.append(request.path)
            return Response(json.dumps({"jsonrpc": "2.0", "id": 1, "result": 5 if len(seen) == 1 else {}}))

        httpserver.clear()
        version = {"version_info": [19, 0, 0, "final", 0, ""], "version": "19.0"}
        httpserver.expect_request("/erp/json/version").respond_with_json(version)
        httpserver.expect_request("/erp/jsonrpc").respond_with_handler(answer)
        odoo.client(url=httpserver.url_for("/erp/"))
        assert seen == ["/erp/jsonrpc", "/erp/jsonrpc"]

    def test_carry_the_key_where_it_belongs(self, httpserver):
        client = Odoo(httpserver, "json2").client()
        httpserver.expect_request(
            "/json/2/res.partner/write",
            headers={"Authorization": "Bearer secret key", "X-Odoo-Database": "odoo"},
            json={"ids": [1], "vals": {"ref": "x"}, "context": {"lang": "de_DE"}},
        ).respond_with_json(True)
        assert client.call("res.partner", "write", [1], context={"lang": "de_DE"}, vals={"ref": "x"}) is True
