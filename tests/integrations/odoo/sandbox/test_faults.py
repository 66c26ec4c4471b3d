"""Faults on request: what the cockpit must survive, made to happen at a chosen call."""

import json
import time
import urllib.error
import urllib.request

import pytest

from integrations.odoo.client import AnswerError, BusyError, ServerFaultError, UnreachableError
from tests.integrations.odoo.sandbox.conftest import sign_in
from tests.sandbox import TOKEN

DRAFTS = ("account.move", [("state", "=", "draft")], ["id"])


def ask(sandbox, method="GET", body=None, token=TOKEN):
    """Status and answer of the control page."""
    request = urllib.request.Request(sandbox.url + "/sandbox/faults", method=method, data=body)
    request.add_header("Authorization", f"Bearer {token}")
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as problem:
        return problem.code, json.load(problem)


def ref(client, invoice):
    return client.search_read("account.move", [("id", "=", invoice)], ["ref"])[0]["ref"]


class TestDelay:
    def test_comes_before_the_call(self, sandbox, odoo):
        sandbox.fault("delay", seconds=0.4)
        begun = time.monotonic()
        odoo.search_read(*DRAFTS)
        assert time.monotonic() - begun >= 0.4

    def test_lets_the_call_happen_after_the_client_gave_up(self, sandbox, odoo, draft):
        hasty = sign_in(sandbox, timeout_s=0.3)
        sandbox.fault("delay", seconds=0.8, method="write")
        with pytest.raises(UnreachableError) as caught:
            hasty.call("account.move", "write", [draft], vals={"ref": "late"})
        assert caught.value.maybe_done is True
        assert ref(odoo, draft) != "late"
        time.sleep(1)
        assert ref(odoo, draft) == "late"


class TestFiveHundred:
    @pytest.mark.parametrize("transport", ["json2", "jsonrpc"])
    def test_answers_without_calling(self, sandbox, odoo, draft, transport):
        client = sign_in(sandbox, transport=transport)
        sandbox.fault("500", model="account.move", method="write")
        with pytest.raises(ServerFaultError) as caught:
            client.call("account.move", "write", [draft], vals={"ref": "never"})
        assert caught.value.maybe_done is True  # nobody can tell
        assert ref(odoo, draft) != "never"


class TestDrop:
    @pytest.mark.parametrize("transport", ["json2", "jsonrpc"])
    def test_leaves_the_client_without_an_answer_but_the_call_done(self, sandbox, odoo, draft, transport):
        client = sign_in(sandbox, transport=transport)
        sandbox.fault("drop", model="account.move", method="write")
        with pytest.raises(UnreachableError) as caught:
            client.call("account.move", "write", [draft], vals={"ref": "done"})
        assert caught.value.maybe_done is True
        assert ref(odoo, draft) == "done"


class TestSpoiltAnswer:
    @pytest.mark.parametrize("transport", ["json2", "jsonrpc"])
    @pytest.mark.parametrize(("kind", "error"), [("half", UnreachableError), ("garbage", AnswerError)])
    def test_leaves_the_client_unsure_but_the_call_done(self, sandbox, odoo, draft, transport, kind, error):
        client = sign_in(sandbox, transport=transport)
        sandbox.fault(kind, model="account.move", method="write")
        with pytest.raises(error) as caught:
            client.call("account.move", "write", [draft], vals={"ref": "done"})
        assert caught.value.maybe_done is True
        assert ref(odoo, draft) == "done"


class TestTooMany:
    @pytest.mark.parametrize("transport", ["json2", "jsonrpc"])
    def test_is_a_proxys_answer_instead_of_the_call(self, sandbox, odoo, draft, transport):
        client = sign_in(sandbox, transport=transport)
        sandbox.fault("429", model="account.move", method="write")
        with pytest.raises(BusyError):
            client.call("account.move", "write", [draft], vals={"ref": "never"})
        assert ref(odoo, draft) != "never"


class TestChoice:
    def test_hits_the_named_method_as_often_as_asked(self, sandbox, odoo, draft):
        sandbox.fault("500", method="write", count=2)
        odoo.search_read(*DRAFTS)
        for _ in range(2):
            with pytest.raises(ServerFaultError):
                odoo.call("account.move", "write", [draft], vals={"ref": "x"})
        assert odoo.call("account.move", "write", [draft], vals={"ref": "x"}) is True

    def test_hits_the_named_model_alone(self, sandbox, odoo):
        sandbox.fault("500", model="res.partner")
        odoo.search_read(*DRAFTS)
        with pytest.raises(ServerFaultError):
            odoo.search_read("res.partner", [], ["id"])

    def test_is_forgotten_with_a_reset(self, sandbox, odoo):
        sandbox.fault("500", count=9)
        sandbox.reset()
        assert odoo.search_read(*DRAFTS)


class TestControlPage:
    def test_takes_lists_and_clears(self, sandbox):
        assert ask(sandbox, "POST", b'{"kind": "delay", "seconds": 2, "method": "write"}')[0] == 200
        assert ask(sandbox) == (200, [{"seconds": 2, "model": "", "method": "write", "count": 1, "kind": "delay"}])
        assert ask(sandbox, "DELETE") == (200, [])

    @pytest.mark.parametrize(
        ("body", "said"),
        [
            (b"{", "no JSON"),
            (b"[]", "kind"),
            (b'{"kind": "fire"}', "delay, 500, 429, away, drop"),
            (b'{"kind": "drop", "metod": "write"}', "metod"),
            (b'{"kind": "drop", "count": "two"}', "count"),
        ],
    )
    def test_says_what_it_does_not_understand(self, sandbox, body, said):
        status, answer = ask(sandbox, "POST", body)
        assert status == 422
        assert said in answer["message"]
        assert ask(sandbox) == (200, [])

    def test_needs_the_token(self, sandbox):
        assert ask(sandbox, "POST", b'{"kind": "drop"}', token="guess")[0] == 401
        assert ask(sandbox) == (200, [])

    def test_is_not_there_without_a_token_or_from_elsewhere(self, sandbox):
        page = {"REQUEST_METHOD": "GET", "PATH_INFO": "/sandbox/faults", "HTTP_AUTHORIZATION": f"Bearer {TOKEN}"}
        assert sandbox.app.respond({**page, "REMOTE_ADDR": "127.0.0.1"}, b"")[0] == 200
        assert sandbox.app.respond({**page, "REMOTE_ADDR": "10.0.0.7"}, b"")[0] == 404
        sandbox.app.token = ""
        try:
            assert sandbox.app.respond({**page, "HTTP_AUTHORIZATION": "Bearer ", "REMOTE_ADDR": "::1"}, b"")[0] == 404
        finally:
            sandbox.app.token = TOKEN
