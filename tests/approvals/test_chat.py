"""The same notices in a chat: a real Apprise, and a server that takes what it sends."""

import json

import pytest
from django.core.checks import run_checks

from approvals import services
from cockpit import outbox
from cockpit.notify import chats
from cockpit.outbox.models import Attempt, Message
from tests.approvals.conftest import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def chat(open_firm, settings, tmp_path, httpserver):
    """Ann has one."""
    outbox.drain(NOW, 100)  # what publishing the policy set off
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    book = tmp_path / "chats.yaml"
    book.write_text(f"Ann@example.com: json://127.0.0.1:{httpserver.port}/ann\n")
    settings.CHAT_URLS = str(book)
    yield httpserver
    chats.book.cache_clear()


def said(httpserver) -> list[dict]:
    return [json.loads(request.data) for request, _answer in httpserver.log]


def drain(at=NOW) -> None:
    outbox.drain(at, 100)


class TestChat:
    def test_tells_who_is_asked_and_has_one_with_the_page_alone(self, open_firm, chat):
        chat.expect_request("/ann", method="POST").respond_with_data("")
        request = open_firm.ask()
        drain()
        [one] = said(chat)
        assert "Release invoice for Brandt AG" in one["title"]
        assert f"http://127.0.0.1:8000/queue/R-{request.pk}/" in one["message"]
        assert "/mail/" not in one["message"]
        assert not Message.objects.filter(handler="notify.chat").exclude(state="done").exists()

    def test_says_nothing_of_what_is_over_by_then(self, open_firm, chat):
        request = open_firm.ask()
        outbox.drain(NOW, 1)
        services.close(request, "not_required", at=NOW)
        drain()
        assert said(chat) == []

    def test_that_does_not_take_it_is_tried_again_and_holds_no_mail_up(self, open_firm, chat, mailoutbox):
        chat.expect_oneshot_request("/ann", method="POST").respond_with_data("", status=503)
        open_firm.ask()
        drain()
        [waiting] = Message.objects.filter(handler="notify.chat")
        assert (waiting.state, waiting.last_error) == ("pending", "The chat did not take the message.")
        assert Attempt.objects.get(message=waiting).outcome == "retry"
        assert sorted(mail.to for mail in mailoutbox) == [["ann@example.com"], ["dan@example.com"]]
        chat.expect_request("/ann", method="POST").respond_with_data("")
        drain(waiting.not_before)
        waiting.refresh_from_db()
        assert waiting.state == "done"

    def test_whose_address_is_none_is_a_dead_letter_at_once(self, open_firm, chat, settings, tmp_path):
        (tmp_path / "none.yaml").write_text("ann@example.com: nochat://nowhere\n")
        settings.CHAT_URLS = str(tmp_path / "none.yaml")
        open_firm.ask()
        drain()
        [dead] = Message.objects.filter(handler="notify.chat")
        assert (dead.state, dead.attempt) == ("dead", 1)
        assert "none that Apprise knows" in dead.last_error

    def test_shows_no_secret_where_messages_are_listed(self, open_firm, chat):
        open_firm.ask()
        outbox.drain(NOW, 1)
        kept = str(list(Message.objects.filter(handler="notify.chat").values()))
        assert "127.0.0.1" not in kept
        assert "chat json " in kept


class TestTheFile:
    @pytest.mark.parametrize("text", ["- a\n", "ann@example.com: nonsense\n", "ann: [\n"])
    def test_that_is_wrong_is_named_when_the_cockpit_starts(self, settings, tmp_path, text):
        (tmp_path / "chats.yaml").write_text(text)
        settings.CHAT_URLS = str(tmp_path / "chats.yaml")
        [error] = [found for found in run_checks() if found.id == "notify.E001"]
        assert "CHAT_URLS" in error.msg
        chats.book.cache_clear()

    def test_that_is_gone_is_named_too(self, settings):
        settings.CHAT_URLS = "/nowhere/chats.yaml"
        assert [found.id for found in run_checks() if found.id == "notify.E001"]
