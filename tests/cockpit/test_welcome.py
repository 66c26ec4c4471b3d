"""The link that lets somebody choose their first password."""

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
import time_machine
from django.utils import timezone

from cockpit.accounts.models import Person, User
from cockpit.accounts.signin import SignInError
from cockpit.accounts.welcome import invite, welcome_link
from cockpit.audit.models import Entry
from tests.cast import MONDAY

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery staple"


@pytest.fixture
def zoe():
    return Person.objects.create(name="Zoe Zander", email="zoe@example.com", odoo_employee_id=77)


def opened(client, link):
    """The page behind the link; its token is kept in the session, not in the address."""
    answer = client.get(urlsplit(link).path, follow=True)
    return answer, answer.request["PATH_INFO"]


class TestInvite:
    def test_makes_a_sign_in_that_no_password_opens(self, zoe):
        user = invite(zoe, actor="system:test", at=MONDAY)
        assert (user.email, user.has_usable_password(), zoe.user) == ("zoe@example.com", False, user)
        assert Entry.objects.get(subject=f"accounts.person:{zoe.pk}").verb == "accounts.invite"
        assert not user.check_password("")

    def test_twice_makes_one(self, zoe):
        assert invite(zoe, actor="system:test", at=MONDAY) == invite(zoe, actor="system:test", at=MONDAY)
        assert Entry.objects.count() == 1

    def test_needs_an_address_of_ones_own(self, zoe):
        twin = Person.objects.create(name="Zoe's twin", email="ZOE@example.com")
        invite(zoe, actor="system:test", at=MONDAY)
        with pytest.raises(SignInError, match="Somebody else"):
            invite(twin, actor="system:test", at=MONDAY)
        with pytest.raises(SignInError, match="no work e-mail"):
            invite(Person.objects.create(name="No mail"), actor="system:test", at=MONDAY)


class TestTheLink:
    def test_lets_one_choose_a_password_once(self, zoe, client):
        link = welcome_link(invite(zoe, actor="system:test", at=MONDAY))
        page, place = opened(client, link)
        assert "Choose your password" in page.text
        assert link.rsplit("/", 2)[1] not in place
        chosen = {"new_password1": PASSWORD, "new_password2": PASSWORD}
        assert client.post(place, chosen).status_code == 302
        assert User.objects.get(email="zoe@example.com").check_password(PASSWORD)
        assert "This link has ended" in opened(client, link)[0].text

    def test_refuses_a_weak_password_in_words(self, zoe, client):
        _, place = opened(client, welcome_link(invite(zoe, actor="system:test", at=MONDAY)))
        answer = client.post(place, {"new_password1": "12345", "new_password2": "12345"})
        assert "too short" in answer.text
        assert not User.objects.get(email="zoe@example.com").has_usable_password()

    def test_ends_after_three_days(self, zoe, client):
        link = welcome_link(invite(zoe, actor="system:test", at=MONDAY))
        with time_machine.travel(timezone.now() + timedelta(days=3, minutes=1), tick=False):
            assert "This link has ended" in opened(client, link)[0].text

    def test_that_somebody_made_up_opens_nothing(self, client, db):
        assert "This link has ended" in opened(client, "http://x/accounts/welcome/MQ/abc-def/")[0].text
