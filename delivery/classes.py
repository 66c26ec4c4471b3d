"""Where service line, project type and client tier come from: sources in order, each giving names. Pure.

A source is "project.tag", "project.tag:Type:" (only names that begin so, without their beginning) or "own:risk".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

SOURCES = ("partner.tag", "project.tag", "order.tag", "product.tag", "product.category", "department", "own")
TAGS = tuple(one for one in SOURCES if one.endswith(".tag"))


class ClassError(ValueError):
    """A setting names a source that there is not; the message says which there are."""


@dataclass(frozen=True)
class Source:
    name: str  # one of SOURCES
    more: str = ""  # of tags their beginning; of "own" the field's key

    @property
    def key(self) -> str:
        """Under which names are handed in. A client's tags without a beginning are its tiers, which the firm ranked."""
        if self.name == "partner.tag" and not self.more:
            return "tier"
        return f"own:{self.more}" if self.name == "own" else self.name


@cache
def parse(text: str) -> tuple[Source, ...]:
    """The sources of a setting, in order. Raises ClassError."""
    return tuple(_source(part.strip()) for part in text.split(",") if part.strip())


def _source(text: str) -> Source:
    name, _, more = text.partition(":")
    if name not in SOURCES:
        raise ClassError(f"{text!r} is no source; there are {', '.join(SOURCES)}, a tag's beginning after a colon.")
    if name == "own" and not more:
        raise ClassError("own needs the key of a field of your own, like own:risk_score.")
    if more and name != "own" and name not in TAGS:
        raise ClassError(f"{text!r}: only tags have a beginning.")
    return Source(name, more)


def classify(sources: Sequence[Source], names: Mapping[str, Sequence[str]]) -> str | None:
    """The first name that any source gives, in their order; None when nothing is known.

    `names`: what is known of the record, by `Source.key`, what counts most first.
    """
    for source in sources:
        for name in names.get(source.key, ()):
            if source.name not in TAGS or not source.more:
                return name
            if name.casefold().startswith(source.more.casefold()) and (rest := name[len(source.more) :].strip()):
                return rest
    return None
