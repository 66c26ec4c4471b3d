"""What depends on each model, so that its staleness can be said there, on the data page and in its case.

Whoever reads the mirror declares it where it lives, as tuples of Dependent; settings.DEPENDENTS names them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings
from django.utils.functional import Promise
from django.utils.module_loading import import_string


@dataclass(frozen=True)
class Dependent:
    """A page, a measure, a rule or a kind of request, and the models of Odoo that it rests on.

    Where it shows: `pages` by their names, `requests` and `cases` by their kinds. There it says since
    when it is old, and turns grey.
    """

    label: str | Promise
    models: frozenset[str]
    pages: frozenset[str] = frozenset()
    requests: frozenset[str] = frozenset()
    cases: frozenset[str] = frozenset()


def dependents() -> list[Dependent]:
    return [one for name in settings.DEPENDENTS for one in import_string(name)]


def names_of(model: str) -> list[str]:
    return names_of_any([model])


def names_of_any(models: Iterable[str]) -> list[str]:
    wanted = set(models)
    return [str(one.label) for one in dependents() if one.models & wanted]


def models_of(*, page: str = "", request: str = "", case: str = "") -> set[str]:
    """What that page, kind of request or kind of case rests on."""
    found = [one.models for one in dependents() if page in one.pages or request in one.requests or case in one.cases]
    return {model for models in found for model in models}
