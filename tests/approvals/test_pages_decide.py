"""Deciding and undoing from the page: by form, with and without htmx, and when the world has moved."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from approvals import services
from approvals.models import Decision, Request, Step
from tests import cast
from tests.approvals.conftest import NOW
from tests.visiting import form_of, words

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true", "HX-Target": "main"}


def open_page(client, request):
    return client.get(reverse("request", args=[request.pk]))


def send(client, request, *, verdict="approve", note="", headers=None, query="", spoil=None):
    """What a browser sends that has the page open."""
    fields = {**form_of(open_page(client, request), verdict), "note": note, **(spoil or {})}
    return client.post(reverse("decide", args=[request.pk]) + query, fields, headers=headers)


def decide(request, person, verdict="approve", note=""):
    step = Step.objects.get(round__request=request, state=Step.State.OPEN)
    services.decide(step.pk, actor=person, verdict=verdict, snapshot_id=request.snapshot_id, at=NOW, note=note)


class TestApprove:
    def test_moves_on_to_the_next_and_tells_of_the_last(self, open_firm, visit):
        first, second = open_firm.ask(1), open_firm.ask(2)
        response = send(visit("ann"), first)
        assert response.status_code == 302
        assert response["Location"] == f"/queue/R-{second.pk}/?tab=needs&decided={first.pk}"
        assert Decision.objects.get().person == open_firm["ann"]

    def test_shows_the_toast_with_undo_and_the_seconds(self, open_firm, visit):
        first, _second = open_firm.ask(1), open_firm.ask(2)
        ann = visit("ann")
        text = words(ann.get(send(ann, first)["Location"]))
        assert f"Approved {first.number}: Release invoice for Brandt AG, order S00046 Takes effect in 20 s Undo" in text

    def test_of_the_last_one_ends_on_the_empty_queue(self, open_firm, visit):
        request, ann = open_firm.ask(), visit("ann")
        response = ann.get(send(ann, request)["Location"])
        assert "Nothing needs you" in words(response)
        assert f"/queue/R-{request.pk}/undo/" in response.content.decode()

    def test_keeps_to_what_was_searched_for(self, open_firm, visit):
        first, other, third = (open_firm.ask(number) for number in (1, 2, 3))
        Request.objects.filter(pk=other.pk).update(client_name="Novalis", title="Something else")
        location = send(visit("ann"), first, query="?tab=needs&q=brandt")["Location"]
        assert location == f"/queue/R-{third.pk}/?tab=needs&q=brandt&decided={first.pk}"

    def test_clicked_twice_is_done_once(self, open_firm, visit):
        request, ann = open_firm.ask(), visit("ann")
        fields = form_of(open_page(ann, request))
        first = ann.post(reverse("decide", args=[request.pk]), fields)
        second = ann.post(reverse("decide", args=[request.pk]), fields)
        assert (first.status_code, second.status_code) == (302, 302)
        assert Decision.objects.count() == 1

    def test_needs_the_forms_token(self, open_firm, visit):
        request = open_firm.ask()
        client = Client(enforce_csrf_checks=True)
        client.cookies = visit("ann").cookies
        response = send(client, request)
        assert response.status_code == 403
        assert "This form was open for too long" in words(response)
        assert not Decision.objects.exists()

    def test_asked_for_by_get_shows_the_request(self, open_firm, visit):
        request = open_firm.ask()
        for name in ("decide", "undo"):
            response = visit("ann").get(reverse(name, args=[request.pk]))
            assert response["Location"] == reverse("request", args=[request.pk])
        assert not Decision.objects.exists()


class TestReject:
    def test_with_a_reason_is_kept_with_it(self, open_firm, visit):
        request = open_firm.ask()
        assert send(visit("ann"), request, verdict="reject", note=" The PO is old. ").status_code == 302
        assert Decision.objects.get().note == "The PO is old."

    @pytest.mark.parametrize("note", ["", "   \n"])
    def test_without_one_says_what_is_missing(self, open_firm, visit, note):
        request = open_firm.ask()
        response = send(visit("ann"), request, verdict="reject", note=note)
        assert response.status_code == 422
        assert "Say why, so that whoever asked can mend it." in words(response)
        assert '<details name="verb" open>' in response.content.decode()
        assert not Decision.objects.exists()

    def test_with_too_long_a_reason_keeps_what_was_typed(self, open_firm, visit):
        request = open_firm.ask()
        response = send(visit("ann"), request, verdict="reject", note="<i>" + "long " * 1000)
        assert response.status_code == 422
        assert "Say it in at most 4000 characters" in words(response)
        assert "&lt;i&gt;long long" in response.content.decode()


class TestAMalformedForm:
    @pytest.mark.parametrize(
        "spoilt",
        [
            {"verdict": "maybe"},
            {"step": "x"},
            {"step": ""},
            {"snapshot": "-1"},
            {"snapshot": "9" * 30},
            {"verdict": ""},
        ],
    )
    def test_decides_nothing_and_offers_a_whole_one(self, open_firm, visit, spoilt):
        request, ann = open_firm.ask(), visit("ann")
        response = send(ann, request, spoil=spoilt)
        assert response.status_code == 422
        assert "The form did not arrive whole, so nothing was decided." in words(response)
        assert form_of(response)["snapshot"] == str(request.snapshot_id)
        assert not Decision.objects.exists()

    def test_keeps_the_reason_that_was_typed(self, open_firm, visit):
        request = open_firm.ask()
        response = send(visit("ann"), request, verdict="reject", note="The PO is old.", spoil={"snapshot": "x"})
        assert ">The PO is old.</textarea>" in response.content.decode()

    def test_empty_decides_nothing(self, open_firm, visit):
        request = open_firm.ask()
        assert visit("ann").post(reverse("decide", args=[request.pk])).status_code == 422

    def test_with_the_snapshot_of_another_request_decides_nothing(self, open_firm, visit):
        request, other = open_firm.ask(1), open_firm.ask(2)
        response = send(visit("ann"), request, spoil={"snapshot": other.snapshot_id})
        assert response.status_code == 409
        assert "This form does not belong to this request." in words(response)
        assert not Decision.objects.exists()

    def test_with_a_step_that_is_not_there_finds_nothing(self, open_firm, visit):
        assert send(visit("ann"), open_firm.ask(), spoil={"step": "987654"}).status_code == 404


class TestMovedFacts:
    def move(self, firm, request, amount=46_900):
        services.refresh_facts(request, cast.invoice_facts(firm.de, amount), at=NOW)

    def test_show_the_difference_and_a_fresh_form(self, open_firm, visit):
        request, ann = open_firm.ask(), visit("ann")
        fields = form_of(open_page(ann, request))
        self.move(open_firm, request)
        response = ann.post(reverse("decide", args=[request.pk]), fields)
        assert response.status_code == 409
        text = words(response)
        assert "This changed while you had it open." in text
        assert "Amount, with tax : €48,200.00 → €46,900.00" in text
        assert not Decision.objects.exists()
        assert ann.post(reverse("decide", args=[request.pk]), form_of(response)).status_code == 302

    def test_keep_the_reason_that_was_typed(self, open_firm, visit):
        request, ann = open_firm.ask(), visit("ann")
        fields = {**form_of(open_page(ann, request), "reject"), "note": "The PO is old."}
        self.move(open_firm, request)
        response = ann.post(reverse("decide", args=[request.pk]), fields)
        assert response.status_code == 409
        assert ">The PO is old.</textarea>" in response.content.decode()

    def test_are_told_before_a_button_is_pressed(self, open_firm, visit):
        request, ann = open_firm.ask(), visit("ann")
        fields = form_of(open_page(ann, request))
        asked = {"step": fields["step"], "snapshot": fields["snapshot"]}
        address = reverse("request_moved", args=[request.pk])
        assert ann.get(address, asked).status_code == 204
        self.move(open_firm, request)
        told = ann.get(address, asked)
        assert "€48,200.00 → €46,900.00" in words(told)
        assert 'id="approve"' in told.content.decode()
        assert "disabled" in told.content.decode()

    def test_asked_about_with_nonsense_are_a_bad_request(self, open_firm, visit):
        request = open_firm.ask()
        assert visit("ann").get(reverse("request_moved", args=[request.pk]), {"step": "x"}).status_code == 400


class TestSomeoneFaster:
    def test_is_named_with_the_time(self, open_firm, visit):
        request, ann = open_firm.ask(), visit("ann")
        fields = form_of(open_page(ann, request))
        decide(request, open_firm["dan"])
        response = ann.post(reverse("decide", args=[request.pk]), fields)
        assert response.status_code == 409
        assert "Dan Dietz was faster: approved at 10:42:00." in words(response)
        assert Decision.objects.count() == 1

    def test_is_told_before_a_button_is_pressed(self, open_firm, visit):
        request, ann = open_firm.ask(), visit("ann")
        fields = form_of(open_page(ann, request))
        decide(request, open_firm["dan"], "reject", "No PO.")
        told = ann.get(
            reverse("request_moved", args=[request.pk]), {"step": fields["step"], "snapshot": fields["snapshot"]}
        )
        assert "Dan Dietz was faster: rejected at 10:42:00." in words(told)

    def test_does_not_cost_one_what_one_wrote(self, open_firm, visit):
        request, ann = open_firm.ask(), visit("ann")
        fields = {**form_of(open_page(ann, request), "reject"), "note": "The PO is old."}
        decide(request, open_firm["dan"])
        assert "You had written: The PO is old." in words(ann.post(reverse("decide", args=[request.pk]), fields))

    def test_who_closed_it_is_told_too(self, open_firm, visit):
        request, ann = open_firm.ask(), visit("ann")
        fields = form_of(open_page(ann, request))
        services.close(request, "moved_in_odoo", at=NOW)
        response = ann.post(reverse("decide", args=[request.pk]), fields)
        assert response.status_code == 409
        assert "no longer waits for a decision: the record moved on in Odoo." in words(response)

    def test_the_same_person_with_another_verdict_is_no_double_click(self, open_firm, visit):
        request, ann = open_firm.ask(), visit("ann")
        fields = {**form_of(open_page(ann, request), "reject"), "note": "On second thought."}
        decide(request, open_firm["ann"])
        assert ann.post(reverse("decide", args=[request.pk]), fields).status_code == 409

    def test_barred_persons_are_refused_also_by_hand(self, open_firm, visit):
        request = open_firm.ask()
        fields = form_of(open_page(visit("ann"), request))
        response = visit("ben").post(reverse("decide", args=[request.pk]), fields)
        assert response.status_code == 409
        assert "somebody else must decide" in words(response)


class TestUndo:
    def test_puts_the_request_back(self, open_firm, visit):
        request, ann = open_firm.ask(), visit("ann")
        decide(request, open_firm["ann"])
        response = ann.post(reverse("undo", args=[request.pk]))
        assert response["Location"] == reverse("request", args=[request.pk])
        assert "If you approve:" in words(open_page(ann, request))

    def test_too_late_says_so(self, open_firm, visit):
        request = open_firm.ask()
        decide(request, open_firm["ann"])
        services.settle_due(NOW + timedelta(seconds=20))
        response = visit("ann").post(reverse("undo", args=[request.pk]))
        assert response.status_code == 409
        assert "It is too late to undo: the decision has taken effect." in words(response)

    def test_of_somebody_elses_decision_is_refused(self, open_firm, visit):
        request = open_firm.ask()
        decide(request, open_firm["dan"])
        assert visit("ann").post(reverse("undo", args=[request.pk])).status_code == 409
        request.refresh_from_db()
        assert request.state == Request.State.SETTLING


class TestWithHtmx:
    def test_a_row_brings_the_request_alone(self, open_firm, visit):
        request = open_firm.ask()
        headers = {"HX-Request": "true", "HX-Target": "request"}
        shown = visit("ann").get(reverse("request", args=[request.pk]), headers=headers).content.decode()
        assert shown.lstrip().startswith("<title>R-")
        assert "list-head" not in shown

    def test_going_back_brings_the_whole_page(self, open_firm, visit):
        headers = {"HX-Request": "true", "HX-Target": "request", "HX-History-Restore-Request": "true"}
        assert "<html" in visit("ann").get("/queue/", headers=headers).content.decode()

    def test_a_decision_brings_the_main_part_with_the_rails_counts(self, open_firm, visit):
        ann, first = visit("ann"), open_firm.ask(1)
        open_firm.ask(2)
        location = send(ann, first, headers=HTMX)["Location"]
        shown = ann.get(location, headers=HTMX).content.decode()
        assert "<html" not in shown
        assert 'id="rail-nav"' in shown
        assert 'hx-swap-oob="true"' in shown

    def test_a_refused_decision_keeps_an_address_that_can_be_reloaded(self, open_firm, visit):
        request = open_firm.ask()
        response = send(visit("ann"), request, verdict="reject", headers=HTMX)
        assert response.status_code == 422
        assert response["HX-Replace-Url"] == f"/queue/R-{request.pk}/?tab=needs"

    def test_after_the_session_ended_loads_the_page_again(self, open_firm, client):
        request = open_firm.ask()
        response = client.get(reverse("request_status", args=[request.pk]), headers=HTMX)
        assert response["HX-Refresh"] == "true"

    def test_asks_in_vain_while_nothing_changed(self, open_firm, visit):
        request, ann = open_firm.ask(), visit("ann")
        decide(request, open_firm["ann"])
        token = open_page(ann, request).context["page"].token
        address = reverse("request_status", args=[request.pk])
        assert ann.get(address, {"seen": token}).status_code == 204
        services.settle_due(NOW + timedelta(seconds=20))
        assert ann.get(address, {"seen": token}).content.decode().lstrip().startswith("<title>R-")

    def test_the_toast_follows_the_decision_until_there_is_nothing_to_tell(self, open_firm, visit, now):
        request, ann = open_firm.ask(), visit("ann")
        decide(request, open_firm["ann"])
        address = reverse("request_toast", args=[request.pk])
        settling = ann.get(address)
        assert "Takes effect in 20 s" in words(settling)
        assert ann.get(address, {"seen": settling.context["toast"].token}).status_code == 204
        services.settle_due(NOW + timedelta(seconds=20))
        assert "Odoo is being told now." in words(ann.get(address))
        now.shift(timedelta(hours=1))
        assert ann.get(address).content.strip() == b""

    def test_the_toast_is_of_ones_own_decisions_only(self, open_firm, visit):
        request = open_firm.ask()
        decide(request, open_firm["dan"])
        assert visit("ann").get(reverse("request_toast", args=[request.pk])).content.strip() == b""


class TestNobodyInParticular:
    def test_a_sign_in_without_a_person_sees_and_does_nothing(self, open_firm):
        from cockpit.accounts.models import User
        from tests.visiting import signed_in

        request = open_firm.ask()
        client = signed_in(User.objects.create_user("nobody@example.com", cast.PASSWORD))
        assert client.get("/queue/").status_code == 200
        assert client.post(reverse("decide", args=[request.pk])).status_code == 404
