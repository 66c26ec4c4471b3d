"""Days' roots leave the machine: each to each place once, never over another, and one that is away holds up none."""

from datetime import timedelta

import pytest
from django.core import mail
from werkzeug import Request, Response

from cockpit import audit
from cockpit.audit import carrying, tasks
from cockpit.audit.carrying import CarryError, carry
from cockpit.audit.models import Entry
from tests.cockpit.fakes import MONDAY

pytestmark = pytest.mark.django_db
DAY = "2026-11-23.json"


@pytest.fixture
def roots(tmp_path):
    audit.record("case:1", "case.open", actor="system:test", at=MONDAY)
    return audit.daily_root(MONDAY, tmp_path / "roots").parent


@pytest.fixture
def safe(tmp_path):
    (tmp_path / "safe").mkdir()
    return tmp_path / "safe"


class TestCarrying:
    def test_brings_each_root_to_each_place_once(self, roots, safe):
        places = [f"folder:{safe}", "mail:audit@example.com"]
        assert carry(MONDAY, roots, places) == 2
        assert carry(MONDAY, roots, places) == 0
        assert (safe / DAY).read_text() == (roots / DAY).read_text()
        assert (len(mail.outbox), mail.outbox[0].to) == (1, ["audit@example.com"])
        assert mail.outbox[0].attachments[0][:2] == (DAY, (roots / DAY).read_text())
        audit.daily_root(MONDAY + timedelta(days=1), roots)
        assert carry(MONDAY, roots, places) == 2
        said = Entry.objects.filter(subject="audit.root:2026-11-23", verb="audit.root.carry")
        assert sorted(entry.data["to"] for entry in said) == sorted(places)
        assert audit.verify(roots) == audit.verify(safe) == []

    def test_puts_to_the_web_and_says_no_secret(self, roots, httpserver, monkeypatch):
        seen = []

        def take(request: Request) -> Response:
            seen.append((request.method, request.full_path, request.headers["If-None-Match"], request.data.decode()))
            return Response(status=201)

        httpserver.expect_request(f"/roots/{DAY}").respond_with_handler(take)
        address = httpserver.url_for("/roots/").replace("http:", "https:")
        real = carrying.urllib3.request
        monkeypatch.setattr(
            carrying.urllib3, "request", lambda m, url, **k: real(m, url.replace("https:", "http:"), **k)
        )
        assert carry(MONDAY, roots, [f"{address}?sig=secret"]) == 1
        assert seen == [("PUT", f"/roots/{DAY}?sig=secret", "*", (roots / DAY).read_text())]
        assert "secret" not in str(list(Entry.objects.values_list("data", flat=True)))

    def test_goes_on_past_a_place_that_is_away_and_tries_it_again(self, roots, safe):
        places = [f"folder:{safe}/away", "nowhere", f"folder:{safe}"]
        with pytest.raises(CarryError, match=r"is not there; .*it is no place"):
            carry(MONDAY, roots, places)
        assert (safe / DAY).exists()
        (safe / "away").mkdir()
        assert carry(MONDAY, roots, [places[0], places[2]]) == 1

    def test_never_writes_over_another_root(self, roots, safe):
        (safe / DAY).write_text("another")
        with pytest.raises(CarryError, match="one of the two was changed"):
            carry(MONDAY, roots, [f"folder:{safe}"])
        assert (safe / DAY).read_text() == "another"
        assert not Entry.objects.filter(verb="audit.root.carry").exists()

    @pytest.mark.parametrize("status", [302, 403, 412, 500])
    def test_says_what_the_web_answered(self, roots, httpserver, monkeypatch, status):
        httpserver.expect_request(f"/{DAY}").respond_with_data("", status=status)
        real, address = carrying.urllib3.request, httpserver.url_for("").replace("http:", "https:")
        monkeypatch.setattr(
            carrying.urllib3, "request", lambda m, url, **k: real(m, url.replace("https:", "http:"), **k)
        )
        with pytest.raises(CarryError, match=f"it answered {status}"):
            carry(MONDAY, roots, [address])

    def test_is_what_beat_starts(self, roots, safe, settings):
        settings.COCKPIT_HOME, settings.AUDIT_ROOT_TO = roots.parent, [f"folder:{safe}"]
        roots.rename(roots.parent / "audit-roots")
        tasks.carry_roots()
        assert (safe / DAY).exists()
        assert settings.CELERY_BEAT_SCHEDULE["carry"]["task"] == tasks.carry_roots.name
