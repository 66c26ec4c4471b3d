"""The catalogue of translations: every string is found, and what is compiled is what Python's gettext reads."""

import gettext
from io import BytesIO

import pytest

from scripts import catalogue
from scripts.catalogue import Entry

CODE = """
from django.utils.translation import gettext as _, ngettext, pgettext_lazy as about
title = _("One sentence, "
          "in two pieces")
count = ngettext("%(count)d case", "%(count)d cases", 3)
money = about("money", "sign")
not_ours = _(title)
"""
TEMPLATE = """{% load i18n %}{% translate "A “quoted” word's end" %} {% translate "May" context "month" %}
{% blocktranslate count n=n trimmed %}
  {{ n }} day
{% plural %}
  {{ n }} days
{% endblocktranslate %}
{{ form.x|default:_("none") }}"""


def keys(entries):
    return {(one.context, one.singular, one.plural) for one in entries}


class TestExtracting:
    def test_finds_every_kind_of_call_in_code(self):
        assert keys(catalogue.in_python(CODE)) == {
            ("", "One sentence, in two pieces", ""),
            ("", "%(count)d case", "%(count)d cases"),
            ("money", "sign", ""),
        }

    def test_finds_every_kind_of_tag_in_templates(self):
        assert keys(catalogue.in_template(TEMPLATE)) == {
            ("", "A “quoted” word's end", ""),
            ("month", "May", ""),
            ("", "%(n)s day", "%(n)s days"),
            ("", "none", ""),
        }


ENTRIES = [
    Entry("", 'Say "no"\n\tor\\not', text=['Sag „nein"\n\toder\\nicht'], files={"a.py"}),
    Entry("month", "May", text=["Mai"], files={"b.py", "a.py"}),
    Entry("", "%(n)s day", "%(n)s days", text=["%(n)s Tag", "%(n)s Tage"], files={"c.html"}),
    Entry("", "not yet", text=[""], files={"d.html"}),
]


class TestTheFiles:
    def entries(self):
        return {entry.key: entry for entry in ENTRIES}

    def test_read_what_they_wrote(self):
        again = catalogue.read(catalogue.write(self.entries(), "de"))
        assert {key: (one.plural, one.text) for key, one in again.items()} == {
            key: (one.plural, one.text) for key, one in self.entries().items()
        }

    def test_are_compiled_to_what_gettext_reads(self):
        german = gettext.GNUTranslations(BytesIO(catalogue.compiled(self.entries(), "de")))
        assert german.gettext('Say "no"\n\tor\\not') == 'Sag „nein"\n\toder\\nicht'
        assert german.pgettext("month", "May") == "Mai"
        assert [german.ngettext("%(n)s day", "%(n)s days", n) for n in (1, 2, 0)] == [
            "%(n)s Tag",
            "%(n)s Tage",
            "%(n)s Tage",
        ]
        assert german.gettext("not yet") == "not yet"


class TestGerman:
    def test_is_complete_and_compiled(self):
        assert catalogue.problems() == []


class TestTheCheck:
    @pytest.fixture
    def root(self, tmp_path):
        (tmp_path / "templates").mkdir()
        for package in catalogue.PACKAGES:
            (tmp_path / package).mkdir()
        (tmp_path / "cockpit/one.py").write_text(CODE)
        (tmp_path / "locale/de/LC_MESSAGES").mkdir(parents=True)
        (tmp_path / "locale/de/LC_MESSAGES/django.po").write_text("")
        return tmp_path

    def translate(self, root, **more):
        texts = {"One sentence, in two pieces": ["Ein Satz"], "sign": ["Zeichen"]}
        texts["%(count)d case"] = ["Ein Fall", "%(count)d Fälle"]
        catalogue.update(root)
        po = root / "locale/de/LC_MESSAGES/django.po"
        entries = catalogue.extract(root)
        for entry in entries.values():
            entry.text = (texts | more)[entry.singular]
        po.write_text(catalogue.write(entries, "de"))
        catalogue.update(root)

    def test_is_content_when_all_is_translated_and_compiled(self, root):
        self.translate(root)
        assert catalogue.problems(root) == []

    def test_names_what_has_no_translation(self, root):
        catalogue.update(root)
        assert "de: 'sign' (cockpit/one.py) is not translated" in catalogue.problems(root)

    def test_names_what_is_said_nowhere_any_more_until_it_is_updated(self, root):
        self.translate(root)
        (root / "cockpit/one.py").write_text(CODE.replace('"sign"', "title"))
        assert catalogue.problems(root) == ["de: 'sign' is said nowhere any more"]
        catalogue.update(root)
        assert catalogue.problems(root) == []

    def test_names_a_placeholder_that_differs(self, root):
        self.translate(root, **{"%(count)d case": ["Ein Fall", "%(anzahl)d Fälle"]})
        assert "does not have the same placeholders" in catalogue.problems(root)[0]

    def test_names_a_compiled_file_that_is_not_in_step(self, root):
        self.translate(root)
        po = root / "locale/de/LC_MESSAGES/django.po"
        po.write_text(po.read_text().replace("Zeichen", "Symbol"))
        assert catalogue.problems(root) == ["de: django.mo is not in step with django.po"]
