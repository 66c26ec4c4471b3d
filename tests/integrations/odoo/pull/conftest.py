from collections.abc import Callable
from datetime import timedelta

import pytest

from integrations.mirror.models import PullRun
from integrations.odoo.pull.round import pull_round

from .fake import FakeOdoo

Pull = Callable[..., list[PullRun]]


@pytest.fixture
def odoo() -> FakeOdoo:
    """A firm with one company, whose currency is the euro."""
    odoo = FakeOdoo()
    odoo.put("res.currency", 1, name="EUR", active=True, decimal_places=2)
    odoo.put("res.company", 1, name="Halden & Roth GmbH", active=True, currency_id=1)
    return odoo


@pytest.fixture
def pull(odoo: FakeOdoo, db: None) -> Pull:
    """Pull a minute later, when what was written before is settled."""

    def run(after_s: float = 60, **options: object) -> list[PullRun]:
        odoo.now += timedelta(seconds=after_s)
        return pull_round(odoo, at=odoo.now, **options)

    return run


@pytest.fixture
def small_pages(settings) -> None:
    settings.ODOO = {**settings.ODOO, "PAGE_SIZE": 2}
