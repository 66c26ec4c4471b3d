"""What the set-up page shows: six steps, each with what stands and what is next."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count

from cockpit.accounts.models import Person, Unit
from delivery.invoice_release.kinds import KEY
from delivery.models import ClientTier, SetupLook
from delivery.setup import acting, limits, proposals
from integrations.mirror.models import PartnerTag
from integrations.mirror.services import Freshness, freshness
from integrations.odoo.pull.catalogue import MAPS


@dataclass(frozen=True)
class Loading:
    """The first load: of `total` models `done` were read to their end."""

    done: int
    total: int
    problems: list[Freshness]

    @property
    def complete(self) -> bool:
        return self.done == self.total


@dataclass(frozen=True)
class UnitLine:
    unit: Unit
    depth: int
    people: int
    currency: str
    calendar: str


@dataclass(frozen=True)
class Tag:
    pk: int
    name: str
    rank: int | None


@dataclass(frozen=True)
class Page:
    """Everything on one page; `look` is None before anybody looked."""

    look: SetupLook | None
    loading: Loading
    units: list[UnitLine]
    proposals: list[proposals.Proposal]
    invitations: list[acting.Invitation]
    tags: list[Tag]
    companies: list[Unit]
    policy: limits.InForce | None

    @property
    def granted(self) -> int:
        return sum(each.granted for each in self.proposals)


def page(*, at: datetime) -> Page:
    """In a fixed number of queries, but for one per person who is proposed and can sign in already."""
    look = SetupLook.objects.first()
    return Page(
        look=look,
        loading=loading(at=at),
        units=_units(),
        proposals=proposals.proposals(look.members if look else {}),
        invitations=acting.invitations(),
        tags=_tags(),
        companies=list(companies()),
        policy=limits.in_force(KEY, at=at),
    )


def loading(*, at: datetime) -> Loading:
    known = freshness(at=at)
    names = [each.odoo_model for each in MAPS]
    done = sum(name in known and known[name].succeeded_at is not None for name in names)
    return Loading(done, len(names), [known[name] for name in names if name in known and known[name].state == "failed"])


def companies() -> Iterable[Unit]:
    return Unit.objects.filter(parent__isnull=True, active=True)


def candidates() -> Iterable[Person]:
    """Who can be the first administrator: anybody of the firm with an address and a user in Odoo."""
    return Person.objects.filter(active=True, odoo_user_id__isnull=False).exclude(email="")


def _units() -> list[UnitLine]:
    found = Unit.objects.filter(active=True).select_related("calendar").annotate(number=Count("people"))
    names = {unit.pk: unit.name for unit in found}
    rows = sorted(found, key=lambda unit: [(names.get(pk, ""), pk) for pk in unit.ancestor_ids])
    return [
        UnitLine(unit, len(unit.ancestor_ids) - 1, unit.number, unit.currency, str(unit.calendar or ""))
        for unit in rows
    ]


def _tags() -> list[Tag]:
    ranks = dict(ClientTier.objects.values_list("tag_odoo_id", "rank"))
    rows = PartnerTag.objects.live().filter(active=True).order_by("name").values_list("odoo_id", "name")
    tags = [Tag(pk, name or f"#{pk}", ranks.get(pk)) for pk, name in rows]
    return sorted(tags, key=lambda tag: (tag.rank is None, tag.rank or 0, tag.name))
