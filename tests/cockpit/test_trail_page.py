"""The audit page: for auditors alone, within what they audit; found again, proven, taken along."""

import io
import zipfile
from datetime import timedelta

import pgtrigger
import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from approvals import services
from cockpit import audit
from cockpit.accounts import grants
from cockpit.audit import checking, offline, tasks
from cockpit.audit.models import Entry
from cockpit.exception_queue import open_case
from tests import cast
from tests.cast import MONDAY
from tests.visiting import visitor, words

pytestmark = pytest.mark.django_db
LATER = MONDAY + timedelta(hours=1)


@pytest.fixture(autouse=True)
def clock(tmp_path, settings):
    settings.COCKPIT_HOME = tmp_path
    with time_machine.travel(LATER, tick=False) as traveller:
        yield traveller


@pytest.fixture
def firm():
    """Eve audits the whole firm, Frank the American company alone."""
    made = cast.firm()
    cast.policy()
    for unit in (made.de, made.us):
        grants.grant(made["eve"], "auditor", unit, actor="system:test", at=MONDAY)
    grants.grant(made["frank"], "auditor", made.us, actor="system:test", at=MONDAY)
    return made


@pytest.fixture
def request_(firm):
    request = firm.ask()
    services.comment(request.pk, actor=firm["ann"], text="Needle in the haystack", at=LATER)
    return request


def show(firm, reader="eve", **query):
    return visitor(firm, reader).get(reverse("trail"), query)


def post(firm, name, who="eve", **fields):
    return visitor(firm, who).post(reverse(name), fields)


class TestTrail:
    def test_shows_who_did_what_with_what_they_wrote_the_newest_first(self, firm, request_):
        shown = words(show(firm))
        assert shown.index("approvals.request.comment") < shown.index("approvals.request.ask")
        assert "Ann Albers" in shown
        assert "Needle in the haystack" in shown
        assert "The whole trail was not checked yet." in shown

    @pytest.mark.parametrize("who", ["ann", "mia", "lea", "ben"])
    def test_is_not_there_for_others(self, firm, request_, who):
        for name in ("trail", "trail_verify", "trail_packet"):
            assert visitor(firm, who).get(reverse(name)).status_code == 404
            assert post(firm, name, who, key=request_.number).status_code == 404
        assert "Audit" not in words(visitor(firm, who).get(reverse("queue")))

    def test_is_in_the_rail_of_auditors(self, firm):
        assert f'href="{reverse("trail")}"' in visitor(firm, "eve").get(reverse("queue")).content.decode()

    def test_shows_who_audits_a_part_nothing_else(self, firm, request_):
        mine = firm.ask(18, 52_000, unit=firm.us)
        open_case("x", kind="test", title="Foreign", at=LATER, unit=firm.de)
        shown = words(show(firm, "frank"))
        assert mine.number in shown
        assert request_.number not in shown
        assert "Foreign" not in shown
        assert "accounts.grant" not in shown
        assert "Needle" not in words(show(firm, "frank", about=request_.number))
        assert "accounts.grant" in words(show(firm))

    def test_finds_by_subject_person_verb_and_time(self, firm, request_, clock):
        other = firm.ask(18)
        services.withdraw(other.pk, actor=firm["ben"], at=LATER + timedelta(days=2), note="Gone")
        clock.move_to(LATER + timedelta(days=3))
        cases = {
            "about": [
                (request_.number, "Needle", "Gone"),
                (request_.number.lower(), "Needle", "Gone"),
                (request_.audit_subject, "Needle", "Gone"),
            ],
            "who": [("ann", "Needle", "Gone"), ("Ben Brook", "Gone", "Needle")],
            "verb": [("comment", "Needle", "Gone"), ("withdraw", "Gone", "Needle")],
            "since": [("2026-11-25", "Gone", "Needle")],
            "until": [("2026-11-24", "Needle", "Gone")],
        }
        for name, looks in cases.items():
            for value, there, absent in looks:
                shown = words(show(firm, **{name: value}))
                assert (there in shown, absent in shown) == (True, False), (name, value)

    def test_looks_back_a_month_unless_asked_and_says_so(self, firm, request_, clock):
        clock.move_to(LATER + timedelta(days=60))
        shown = words(show(firm))
        assert "Needle" not in shown
        assert "Looked back to" in shown
        assert "Needle" in words(show(firm, since="2026-11-01"))
        assert "Needle" in words(show(firm, about=request_.number))

    @pytest.mark.parametrize(
        "query",
        [
            {"since": "2026-13-45"},
            {"since": "0001-01-01", "until": "9999-12-31"},
            {"after": "x"},
            {"after": "99999999999999.1.1"},
            {"after": "1.2.3.4"},
            {"about": "R-"},
            {"about": "R-99999999999999999999999"},
            {"about": "%_\\"},
            {"who": "\x00'"},
            {"verb": "a" * 5000},
        ],
    )
    def test_stands_what_makes_no_sense(self, firm, query):
        assert show(firm, **query).status_code == 200

    def test_takes_the_same_queries_for_one_row_and_for_fifty(self, firm, request_):
        client = visitor(firm, "eve")
        client.get(reverse("trail"))
        with CaptureQueriesContext(
            connection,
        ) as few:
            client.get(reverse("trail"), {"about": request_.number})
        for number in range(60):
            services.comment(request_.pk, actor=firm["ann"], text=f"No. {number}", at=LATER)
        with CaptureQueriesContext(connection) as many:
            shown = client.get(reverse("trail"), {"about": request_.number})
        assert len(many) == len(few) <= 20
        assert shown.content.decode().count("<tr>") == 51

    def test_goes_on_where_the_page_ended_and_misses_none(self, firm, request_):
        for number in range(120):
            services.comment(request_.pk, actor=firm["ann"], text=f"No. {number};", at=LATER)
        address, seen = reverse("trail"), ""
        for _page in range(4):
            response = visitor(firm, "eve").get(address)
            seen += response.content.decode()
            found = response.context["found"]
            if not found.more:
                break
            address = reverse("trail") + found.more
        assert all(seen.count(f"No. {number};") == 1 for number in range(120))

    def test_speaks_german(self, firm, request_):
        client = visitor(firm, "eve")
        client.post(reverse("language"), {"language": "de"})
        shown = words(client.get(reverse("trail")))
        assert "Prüfung" in shown or "Protokoll" in shown
        assert "What was said" not in shown


class TestCheck:
    def test_proves_one_chain_at_once(self, firm, request_):
        assert "is as it was written: every link fits" in words(post(firm, "trail_verify", about=request_.number))
        with pgtrigger.ignore():
            Entry.objects.filter(subject=request_.audit_subject, seq=1).update(verb="approvals.request.other")
        shown = words(post(firm, "trail_verify", about=request_.number))
        assert "is not as it was written" in shown
        assert "entry 1 (approvals.request.other) is not what was written" in shown

    def test_of_a_foreign_chain_is_not_there(self, firm, request_):
        assert post(firm, "trail_verify", "frank", about=request_.number).status_code == 404
        assert post(firm, "trail_verify", about="R-987654").status_code == 404

    def test_of_everything_begins_in_the_background(self, firm, monkeypatch):
        began = []
        monkeypatch.setattr(tasks.verify_trail, "delay", lambda: began.append(1))
        assert "The check has begun" in words(post(firm, "trail_verify"))
        assert began == [1]

    def test_says_when_it_cannot_begin(self, firm, monkeypatch):
        def away():
            raise tasks.verify_trail.OperationalError

        monkeypatch.setattr(tasks.verify_trail, "delay", away)
        assert "could not be started" in words(post(firm, "trail_verify"))

    def test_leaves_what_it_found_in_the_trail_and_on_the_page(self, firm, request_):
        tasks.verify_trail()
        assert "entries were as they were written when last checked" in words(show(firm))
        with pgtrigger.ignore():
            Entry.objects.filter(subject=request_.audit_subject, seq=1).update(verb="approvals.request.other")
        tasks.verify_trail()
        shown = words(show(firm))
        assert "Not as it was written: 1 places" in shown
        assert "entry 1 (approvals.request.other) is not what was written" in shown
        assert Entry.objects.filter(subject=checking.SUBJECT).count() == 2

    def test_runs_every_night(self, settings):
        assert settings.CELERY_BEAT_SCHEDULE["verify"]["task"] == tasks.verify_trail.name


class TestPacket:
    def test_is_taken_along_as_a_zip_file_and_written_down(self, firm, request_, tmp_path):
        audit.daily_root(LATER, tmp_path / "audit-roots")
        assert f"Take {request_.number} along as a packet" in words(show(firm, about=request_.number))
        response = post(firm, "trail_packet", key=request_.number)
        assert response["Content-Disposition"] == f'attachment; filename="{request_.number}.zip"'
        with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
            files = {name.partition("/")[2]: archive.read(name) for name in archive.namelist()}
        proven = offline.prove(files, {})
        entry = Entry.objects.get(verb="audit.packet.export")
        assert (entry.actor, entry.data) == (audit.reference(firm["eve"]), {"packet": proven.hash})

    def test_of_a_foreign_request_is_not_there(self, firm, request_):
        assert post(firm, "trail_packet", "frank", key=request_.number).status_code == 404
        assert post(firm, "trail_packet", key="R-987654").status_code == 404
        assert post(firm, "trail_packet", key="E-1").status_code == 404
        assert not Entry.objects.filter(verb="audit.packet.export").exists()
