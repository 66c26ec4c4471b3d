"""Runbooks: Markdown in docs/runbooks/, shown beside the case. Only what they use is understood: headings, lists,
paragraphs, code. Everything else stays text, and nothing of it is HTML.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache

from django.conf import settings
from django.utils.translation import get_language

NAME = re.compile(r"[a-z0-9-]+")


@dataclass
class Block:
    """`kind`: heading, text, steps, points or code."""

    kind: str
    lines: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Runbook:
    name: str
    title: str
    blocks: list[Block]


def read(name: str) -> Runbook | None:
    """In the reader's language where there is one in docs/runbooks/LANGUAGE/, else in English; None for neither."""
    language = (get_language() or "en").partition("-")[0]
    return _read(name, language) or _read(name, "")


@cache
def _read(name: str, language: str) -> Runbook | None:
    path = settings.BASE_DIR / "docs" / "runbooks" / language / f"{name}.md"
    if not NAME.fullmatch(name) or not path.is_file():
        return None
    lines = path.read_text(encoding="utf-8").splitlines()
    title = next((line.lstrip("# ") for line in lines if line.startswith("# ")), name)
    return Runbook(name, title, _blocks([line for line in lines if not line.startswith("# ")]))


def _blocks(lines: list[str]) -> list[Block]:
    found: list[Block] = []
    goes_on = False
    for line in lines:
        kind, text = _kind(line)
        if not text:
            goes_on = False
        elif kind == "text" and goes_on and found[-1].kind in ("text", "steps", "points") and line.strip() == text:
            found[-1].lines[-1] += f" {text}"
        elif goes_on and found and found[-1].kind == kind and kind in ("steps", "points", "code"):
            found[-1].lines.append(text)
        elif kind in ("steps", "points") and found and found[-1].kind == kind:
            found[-1].lines.append(text)
            goes_on = True
        else:
            found.append(Block(kind, [text]))
            goes_on = kind != "heading"
    return found


def _kind(line: str) -> tuple[str, str]:
    plain = line.strip().replace("**", "").replace("`", "")
    if line.startswith("    ") and not re.match(r"\s+(\d+\.|[-*]) ", line):
        return "code", line[4:].rstrip()
    if line.startswith("#"):
        return "heading", plain.lstrip("# ")
    if found := re.match(r"\d+\.\s+(.*)", plain):
        return "steps", found[1]
    if found := re.match(r"[-*]\s+(.*)", plain):
        return "points", found[1]
    return "text", re.sub(r"\[([^\]]+)\]\([^)]*\)", r"\1", plain)
