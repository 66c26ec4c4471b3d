"""What the set-up page does: the first administrator, roles with their sign-ins, and a policy that observes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _
from guardian.models import UserObjectPermission

from approvals import services as approvals
from approvals.models import Policy, PolicyVersion
from approvals.policy_files import PolicyText, RuleText
from cockpit.accounts import grants
from cockpit.accounts.models import Person, Unit, User
from cockpit.accounts.signin import give_sign_in
from cockpit.accounts.welcome import invite, welcome_link
from cockpit.audit import record
from delivery.invoice_release.kinds import KEY
from delivery.models import ClientTier, SetupLook
from delivery.setup.proposals import proposals
from integrations.mirror.models import PartnerTag

ADMIN = "operations_admin"
ACTOR = "system:setup"
WITHIN_S = 4 * 3600


class SetupError(ValueError):
    """Nothing was changed; the text says why."""


@dataclass(frozen=True)
class Invitation:
    """A person who has no password yet, and the link with which they choose one."""

    person: Person
    link: str


def has_admin() -> bool:
    """Whether somebody who can sign in holds the role that may set the cockpit up."""
    return UserObjectPermission.objects.filter(permission__codename=ADMIN, user__is_active=True).exists()


@transaction.atomic
def become_first_admin(person: Person, password: str, *, at: datetime) -> User:
    """A sign-in for `person`, with the role in every company. Only while nobody holds it.

    Raises SetupError when somebody was faster or there is no company yet, else as `give_sign_in` does.
    """
    _in_turn()
    if has_admin():
        raise SetupError(_("Somebody has set this cockpit up already. Ask them for a sign-in."))
    companies = Unit.objects.filter(parent__isnull=True, active=True)
    if not companies:
        raise SetupError(_("No company has come from Odoo yet. Wait for the first load."))
    user = give_sign_in(person, password, actor=ACTOR, at=at)
    for company in companies:
        grants.grant(person, ADMIN, company, actor=ACTOR, at=at)
    return user


@transaction.atomic
def grant_proposed(keys: Iterable[str], *, actor: Person, at: datetime) -> int:
    """Grant those proposals (by their keys) that are still made; who has no sign-in gets one without a password.

    How many were new. Raises SignInError for a person without an address: then none of them is granted.
    """
    look = SetupLook.objects.first()
    chosen = set(keys)
    wanted = [
        each
        for each in proposals(look.members if look else {})
        if each.key in chosen and not each.granted and not each.problem
    ]
    for each in wanted:
        invite(each.person, actor=actor, at=at)
        grants.grant(each.person, each.role, each.unit, actor=actor, at=at)
    return len(wanted)


def invitations() -> list[Invitation]:
    """Those who hold a role and have never chosen a password."""
    held = UserObjectPermission.objects.values("user_id")
    waiting = Person.objects.filter(active=True, user__in=held).select_related("user")
    return [
        Invitation(person, welcome_link(person.user))
        for person in waiting
        if person.user and not person.user.has_usable_password()
    ]


@transaction.atomic
def observe_invoices(limits: Mapping[Unit, Decimal], *, actor: Person, at: datetime) -> PolicyVersion:
    """A policy that asks finance of each company above its limit, in that company's currency, and only observes.

    The same limits again are the same version: a double click makes one. Raises SetupError without a limit, and where
    a policy is enforced: observing would take its force away.
    """
    if Policy.objects.filter(kind=KEY, mode=Policy.Mode.ENFORCE).exists():
        raise SetupError(_("A policy is enforced already. Change it by a policy file."))
    if not limits:
        raise SetupError(_("Give at least one company a limit."))
    rules = [
        RuleText(
            name=_("Large invoices of %(company)s") % {"company": unit.name},
            unit=unit.name,
            add_on=False,
            when=[_above(amount, unit.currency)],
            steps=[{"role": "finance", "order": 1, "quorum": 1, "goal_s": WITHIN_S, "about": []}],
        )
        for unit, amount in limits.items()
    ]
    rules.append(RuleText(name=_("Everything else passes"), unit="", add_on=False, when=[], steps=[]))
    text = PolicyText(KEY, _("Invoice release"), "observe", rules)
    _in_turn()
    last = PolicyVersion.objects.filter(policy__kind=KEY).order_by("-number").first()
    if last and last.mode == "observe" and _conditions(last) == [(rule.unit, rule.when) for rule in rules]:
        return last
    version = approvals.draft(text, actor=actor, at=at)
    approvals.submit(version, actor=actor, at=at)
    return version


def _conditions(version: PolicyVersion) -> list[tuple[str, list[dict[str, Any]]]]:
    return [(rule.unit.name if rule.unit else "", rule.when) for rule in version.rules.select_related("unit")]


def _in_turn() -> None:
    """Two who set up at once wait for one another, until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('delivery.setup', 0))")


def _above(amount: Decimal, currency: str) -> dict[str, Any]:
    return {"fact": "amount", "op": ">", "value": str(amount), "currency": currency}


@transaction.atomic
def choose_tiers(tags: Iterable[int], *, actor: Any, at: datetime) -> list[ClientTier]:
    """The tags that say how important a client is, the most important first; none: there are no tiers.

    Raises SetupError for a tag that Odoo does not have, and for one that is named twice.
    """
    wanted = list(tags)
    names = dict(PartnerTag.objects.live().filter(odoo_id__in=wanted).values_list("odoo_id", "name"))
    if len(set(wanted)) != len(wanted):
        raise SetupError(_("A tag can be one tier only."))
    if set(wanted) != set(names):
        raise SetupError(_("One of these tags is no longer in Odoo. Choose again."))
    before = list(ClientTier.objects.values_list("tag_odoo_id", flat=True))
    if before == wanted:
        return list(ClientTier.objects.all())
    ClientTier.objects.all().delete()
    made = ClientTier.objects.bulk_create(
        ClientTier(tag_odoo_id=tag, name=(names[tag] or str(tag))[:200], rank=rank)
        for rank, tag in enumerate(wanted, start=1)
    )
    data = {"tiers": [tier.name for tier in made]}
    record("delivery.setup", "delivery.setup.tiers", actor=actor, at=at, data=data)
    return made
