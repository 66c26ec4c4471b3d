"""The catalogue of translated strings, without GNU gettext: `catalogue.py update`, `catalogue.py check`.

`update` takes every string that code and templates translate into `locale/LANGUAGE/LC_MESSAGES/django.po`, drops those
that are gone, and compiles `django.mo` beside it, which Django reads. `check` changes nothing: it names what has no
translation, what the program no longer says, placeholders that differ, and a `.mo` that isn't in step with its `.po`.
"""

from __future__ import annotations

import ast
import re
import struct
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("cockpit", "approvals", "dashboards", "integrations", "delivery")
CALLS = {  # what each kind of call is given: context, singular, plural
    "gettext": "s",
    "gettext_lazy": "s",
    "gettext_noop": "s",
    "ngettext": "sp",
    "ngettext_lazy": "sp",
    "pgettext": "cs",
    "pgettext_lazy": "cs",
    "npgettext": "csp",
    "npgettext_lazy": "csp",
}
LITERAL = r"""u?('(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*")"""
IN_TEMPLATE = re.compile(rf"\b(_|n?p?gettext)\(\s*((?:{LITERAL}\s*,?\s*)+)", re.S)
PLACEHOLDER = re.compile(r"%\((\w+)\)[^a-zA-Z]*[a-zA-Z]|\{(\w*)\}")

Key = tuple[str, str]  # context, singular


@dataclass
class Entry:
    """One string. `text` holds one translation, or one for each plural form; an empty one is not translated yet."""

    context: str
    singular: str
    plural: str = ""
    text: list[str] = field(default_factory=list)
    files: set[str] = field(default_factory=set)

    @property
    def key(self) -> Key:
        return self.context, self.singular

    @property
    def done(self) -> bool:
        return bool(self.text) and all(self.text)


# --- what the program says ------------------------------------------------------------------------


def extract(root: Path = ROOT) -> dict[Key, Entry]:
    """Every string that the code and the templates translate, with the files that say it."""
    found: dict[Key, Entry] = {}
    for path in sorted(path for package in PACKAGES for path in (root / package).rglob("*.py")):
        _add(found, path.relative_to(root).as_posix(), in_python(path.read_text("utf-8")))
    for path in sorted((root / "templates").rglob("*.*")):
        _add(found, path.relative_to(root).as_posix(), in_template(path.read_text("utf-8")))
    return found


def _add(found: dict[Key, Entry], file: str, entries: Iterator[Entry]) -> None:
    for entry in entries:
        known = found.setdefault(entry.key, entry)
        known.plural = known.plural or entry.plural
        known.files.add(file)


def in_python(source: str) -> Iterator[Entry]:
    tree = ast.parse(source)
    names = {
        alias.asname or alias.name: alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation"
        for alias in node.names
        if alias.name in CALLS
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        if shape := CALLS.get(names.get(called, called)):
            texts = [arg.value for arg in node.args[: len(shape)] if isinstance(arg, ast.Constant)]
            if len(texts) == len(shape):
                yield _entry(shape, texts)


def in_template(source: str) -> Iterator[Entry]:
    for call, given in ((match[1], match[2]) for match in IN_TEMPLATE.finditer(templatize(source))):
        shape = CALLS.get(call, "s")
        texts = [ast.literal_eval(literal[0]) for literal in re.finditer(LITERAL, given, re.S)]
        yield _entry(shape, texts[: len(shape)])


def _entry(shape: str, texts: list[str]) -> Entry:
    given = dict(zip(shape, texts, strict=True))
    return Entry(given.get("c", ""), given["s"], given.get("p", ""))


# --- the .po file -----------------------------------------------------------------------------------

HEADER = """\
Project-Id-Version: delivery-cockpit
MIME-Version: 1.0
Content-Type: text/plain; charset=UTF-8
Content-Transfer-Encoding: 8bit
Language: {language}
Plural-Forms: nplurals=2; plural=(n != 1);
"""


def read(po: str) -> dict[Key, Entry]:
    """The entries of a .po file, without its header."""
    found: dict[Key, Entry] = {}
    for block in re.split(r"\n\s*\n", po):
        fields: dict[str, str] = {}
        name = ""
        for line in block.splitlines():
            if match := re.match(r'(msg\w+(?:\[\d\])?)\s+(".*")$', line):
                name = match[1]
                fields[name] = _unquoted(match[2])
            elif line.startswith('"'):
                fields[name] += _unquoted(line)
        if fields.get("msgid"):
            plural = fields.get("msgid_plural", "")
            text = [fields.get(f"msgstr[{form}]", "") for form in (0, 1)] if plural else [fields.get("msgstr", "")]
            entry = Entry(fields.get("msgctxt", ""), fields["msgid"], plural, text)
            found[entry.key] = entry
    return found


def write(entries: dict[Key, Entry], language: str) -> str:
    """Sorted by where it is said first, then by the words: small differences between two versions."""
    blocks = ['msgid ""\nmsgstr ""\n' + "".join(f"{_quoted(line)}\n" for line in _header(language).splitlines(True))]
    for entry in sorted(entries.values(), key=lambda one: (min(one.files, default=""), one.singular, one.context)):
        lines = [f"#: {file}" for file in sorted(entry.files)]
        if "%(" in entry.singular + entry.plural:
            lines.append("#, python-format")
        if entry.context:
            lines.append(f"msgctxt {_quoted(entry.context)}")
        lines.append(f"msgid {_quoted(entry.singular)}")
        if entry.plural:
            texts = [*entry.text, "", ""][:2]
            lines.append(f"msgid_plural {_quoted(entry.plural)}")
            lines += [f"msgstr[{form}] {_quoted(text)}" for form, text in enumerate(texts)]
        else:
            lines.append(f"msgstr {_quoted(entry.text[0] if entry.text else '')}")
        blocks.append("\n".join(lines) + "\n")
    return "\n".join(blocks)


def _header(language: str) -> str:
    return HEADER.format(language=language)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return f'"{escaped}"'


def _unquoted(literal: str) -> str:
    signs = {"n": "\n", "t": "\t"}
    return re.sub(r"\\(.)", lambda match: signs.get(match[1], match[1]), literal.strip()[1:-1])


# --- the .mo file -----------------------------------------------------------------------------------


def compiled(entries: dict[Key, Entry], language: str) -> bytes:
    """The same as a .mo file (GNU gettext manual, "The Format of GNU MO Files"); what isn't translated stays out."""
    texts = {b"": _header(language).encode()}
    for entry in entries.values():
        if entry.done:
            source = entry.singular + (f"\0{entry.plural}" if entry.plural else "")
            name = f"{entry.context}\4{source}" if entry.context else source
            texts[name.encode()] = "\0".join(entry.text).encode()
    names = sorted(texts)
    tables = 7 * 4
    start = tables + 16 * len(names)
    lengths, blob = [[], []], b""
    for column, parts in enumerate((names, [texts[name] for name in names])):
        for part in parts:
            lengths[column] += [len(part), start + len(blob)]
            blob += part + b"\0"
    head = struct.pack("<7I", 0x950412DE, 0, len(names), tables, tables + 8 * len(names), 0, start)
    return head + struct.pack(f"<{4 * len(names)}I", *lengths[0], *lengths[1]) + blob


# --- the two commands -------------------------------------------------------------------------------


def files(root: Path = ROOT) -> Iterator[tuple[str, Path]]:
    for po in sorted((root / "locale").glob("*/LC_MESSAGES/django.po")):
        yield po.parent.parent.name, po


def update(root: Path = ROOT) -> list[str]:
    """Write .po and .mo of every language anew; what is still to translate."""
    missing = []
    for language, po in files(root):
        known, said = read(po.read_text("utf-8")), extract(root)
        for key, entry in said.items():
            if key in known and bool(known[key].plural) == bool(entry.plural):
                entry.text = known[key].text
        po.write_text(write(said, language), "utf-8")
        po.with_suffix(".mo").write_bytes(compiled(said, language))
        missing += [f"{language}: {entry.singular!r} is not translated" for entry in said.values() if not entry.done]
    return missing


def problems(root: Path = ROOT) -> list[str]:
    """What is wrong with the catalogues, one line each; empty when all is well."""
    said = extract(root)
    found = []
    for language, po in files(root):
        known = read(po.read_text("utf-8"))
        for key, entry in said.items():
            if key not in known or not known[key].done:
                found.append(f"{language}: {entry.singular!r} ({min(entry.files)}) is not translated")
            elif wrong := placeholders_differ(known[key]):
                found.append(f"{language}: {entry.singular!r}: {wrong}")
        found += [f"{language}: {key[1]!r} is said nowhere any more" for key in known if key not in said]
        mo = po.with_suffix(".mo")
        if not mo.exists() or mo.read_bytes() != compiled(known, language):
            found.append(f"{language}: {mo.name} is not in step with {po.name}")
    return found


def placeholders_differ(entry: Entry) -> str:
    """A sentence if a translation leaves out or adds a placeholder. A singular may leave its number out."""
    wanted = _placeholders(entry.plural or entry.singular)
    for form, text in enumerate(entry.text):
        given = _placeholders(text)
        if given - wanted or (wanted - given and not (entry.plural and form == 0)):
            return f"{text!r} does not have the same placeholders"
    return ""


def _placeholders(text: str) -> set[str]:
    return {match[0] for match in PLACEHOLDER.finditer(text)}


if __name__ == "__main__":
    lines = update() if sys.argv[1:] == ["update"] else problems()
    print("\n".join(lines) or "Every string is translated.")
    if lines and sys.argv[1:] != ["update"]:
        sys.exit("Translate what is named in locale/, then run `make messages`.")
