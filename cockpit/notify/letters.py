"""What a notice says, in words: put together by the floor that knows what it is about, when it is sent."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Way:
    """Where a reader can go from a letter."""

    label: str
    url: str


@dataclass(frozen=True)
class Letter:
    """`lead` says why the reader is told; `facts` are label and text; the first of `ways` is what to do now."""

    subject: str
    lead: str
    facts: tuple[tuple[str, str], ...] = ()
    ways: tuple[Way, ...] = ()
    quote: str = ""  # what somebody wrote
    foot: str = ""
