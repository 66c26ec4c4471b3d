"""Promise 10 at work: pages, windows, failures and what is written down about them."""

from datetime import timedelta
from functools import partial

import pytest

from integrations.mirror.models import Cursor, Dirty, Installation, Invoice, Partner, PartnerTag, PullRun
from integrations.odoo.client import AccessRefusedError, UnreachableError
from integrations.odoo.pull.installation import forget_mark
from integrations.odoo.pull.round import Round, UnknownModelError

TAG = "res.partner.category"


def tags() -> list[str]:
    return list(PartnerTag.objects.live().order_by("pk").values_list("name", flat=True))


def run_of(runs, model, kind="changes") -> PullRun:
    return next(run for run in runs if (run.model, run.kind) == (model, kind))


class TestFirstLoad:
    def test_reads_every_model_page_by_page(self, odoo, pull, small_pages):
        for id_ in range(1, 6):
            odoo.put(TAG, id_, name=f"Tag {id_}", active=id_ != 3)
        runs = pull()
        assert {run.status for run in runs} == {"done"}
        assert tags() == ["Tag 1", "Tag 2", "Tag 3", "Tag 4", "Tag 5"]  # archived ones, too
        assert [run_of(runs, TAG).read, run_of(runs, TAG).inserted] == [5, 5]
        assert odoo.calls.count((TAG, "search_read")) == 3

    def test_moves_the_cursor_to_the_end_of_the_window_and_closes_it(self, odoo, pull):
        odoo.put(TAG, 1, name="Gold")
        pull()
        cursor = Cursor.objects.get(model=TAG)
        assert cursor.done_to == cursor.wide_to == odoo.now - timedelta(seconds=1)
        assert (cursor.window_from, cursor.window_to, cursor.last_id) == (None, None, 0)

    def test_tells_progress_with_the_number_to_expect(self, odoo, pull, small_pages):
        for id_ in range(1, 4):
            odoo.put(TAG, id_, name="Gold")
        heard = []
        pull(models=[TAG], progress=lambda *said: heard.append(said))
        assert heard == [(TAG, 0, 3), (TAG, 2, 3), (TAG, 3, 3)]


class TestChanges:
    def test_come_with_the_next_round_and_nothing_else_does(self, odoo, pull):
        odoo.put(TAG, 1, name="Gold")
        odoo.put(TAG, 2, name="Silver")
        pull(models=[TAG])
        odoo.put(TAG, 2, name="Platinum")
        run = run_of(pull(models=[TAG]), TAG)
        assert tags() == ["Gold", "Platinum"]
        assert (run.read, run.updated, run.inserted) == (1, 1, 0)

    def test_of_one_second_are_all_seen_though_a_page_ends_between_them(self, odoo, pull, small_pages):
        pull(models=[TAG])
        for id_ in (9, 3, 7, 1, 5):
            odoo.put(TAG, id_, name=f"Tag {id_}")
            odoo.now += timedelta(milliseconds=1)
        pull(0.5, models=[TAG])
        pull(2, models=[TAG])
        assert len(tags()) == 5

    def test_that_are_committed_ten_minutes_late_come_with_the_next_wide_window(self, odoo, pull):
        pull_changes = partial(pull, models=[TAG], compare_ids=False)
        pull_changes()
        odoo.now += timedelta(minutes=20)
        odoo.put(TAG, 1, name="Late", commits_after=590)
        pull_changes(570)  # a wide window, twenty seconds before the commit
        for _ in range(4):
            pull_changes()
            assert tags() == []
        pull_changes()
        assert tags() == ["Late"]

    def test_without_new_content_leave_the_row_alone(self, odoo, pull):
        odoo.put(TAG, 1, name="Gold")
        pull(models=[TAG])
        odoo.put(TAG, 1, name="Gold")
        run = run_of(pull(models=[TAG]), TAG)
        assert (run.read, run.unchanged, run.updated) == (1, 1, 0)
        assert PartnerTag.objects.get().row_version == 1

    def test_of_a_map_make_it_read_everything_anew(self, odoo, pull):
        odoo.put("account.move", 1, move_type="out_invoice", x_cockpit_release="1|2|EUR|3.00")
        pull(models=["account.move"])
        assert Invoice.objects.get().x_cockpit_release is None
        odoo.fields["account.move"]["x_cockpit_release"] = {"type": "char"}  # `odoo apply` made it
        pull(after_s=3600, models=["account.move"])
        assert Invoice.objects.get().x_cockpit_release == "1|2|EUR|3.00"

    def test_are_all_read_again_when_asked(self, odoo, pull):
        odoo.put(TAG, 1, name="Gold")
        pull(models=[TAG])
        runs = pull(after_s=3600, models=[TAG], whole=True)
        assert (run_of(runs, TAG).read, run_of(runs, TAG).unchanged, run_of(runs, TAG).window_from) == (1, 1, None)


class TestUnknownField:
    def test_fails_that_model_with_a_sentence_and_the_others_go_on(self, odoo, pull):
        odoo.put("res.partner", 1, name="Azure")
        odoo.put(TAG, 1, name="Gold")
        pull()
        del odoo.fields["res.partner"]["vat"]
        odoo.put("res.partner", 1, name="Azure Interior")
        odoo.put(TAG, 1, name="Platinum")
        runs = pull()
        failed = run_of(runs, "res.partner")
        assert failed.status == "failed"
        assert "The map res.partner → Partner reads the field 'vat'" in failed.sentence
        assert tags() == ["Platinum"]

    def test_loses_nothing_once_it_is_mended(self, odoo, pull):
        pull(models=["res.partner"])
        field = odoo.fields["res.partner"].pop("vat")
        odoo.put("res.partner", 1, name="Azure")
        for _ in range(3):
            pull(3600, models=["res.partner"])
        odoo.fields["res.partner"]["vat"] = field
        pull(3600, models=["res.partner"])
        assert Partner.objects.get().name == "Azure"


class TestHalfWrittenPage:
    """A page that can't be taken whole is not taken at all, and the cursor stays where it was."""

    @pytest.fixture
    def loaded(self, odoo, pull, small_pages):
        for id_ in range(1, 6):
            odoo.put(TAG, id_, name=f"Tag {id_}")

    @pytest.mark.parametrize(
        ("spoilt", "sentence"),
        [
            (lambda rows: [*rows[:-1], {**rows[-1], "active": "maybe"}], "record 4 has 'maybe' in active"),
            (
                lambda rows: [*rows[:-1], {**rows[-1], "write_date": "yesterday or so"}],
                'invalid input syntax for type timestamp with time zone: "yesterday or so"',
            ),
            (lambda rows: [rows[0], {"id": 4}], "record 4 came without the field 'write_date'"),
            (lambda rows: rows[::-1], "sent record 3 after record 4"),
            (lambda rows: [rows[0], rows[0]], "sent record 3 after record 3"),
            (lambda rows: rows + rows, "sent 4 records where at most 2 were asked for"),
            (lambda rows: {"result": rows}, "no list of records"),
            (lambda rows: [rows[0], {**rows[1], "id": "4"}], "sent '4' for an id"),
        ],
        ids=["value", "date", "field", "order", "twice", "too many", "shape", "id"],
    )
    def test_is_rolled_back(self, odoo, pull, loaded, spoilt, sentence):
        odoo.spoil = lambda model, method, answer: (
            spoilt(answer) if (model, method) == (TAG, "search_read") and answer and answer[0]["id"] == 3 else answer
        )
        run = run_of(pull(models=[TAG]), TAG)
        assert (run.status, run.read) == ("failed", 2)
        assert sentence in run.sentence
        assert run.sentence.startswith(TAG)
        assert tags() == ["Tag 1", "Tag 2"]
        cursor = Cursor.objects.get(model=TAG)
        assert (cursor.done_to, cursor.last_id) == (None, 2)

    def test_is_read_again_in_the_same_window(self, odoo, pull, loaded):
        odoo.spoil = lambda model, method, answer: (
            [{}] if answer and method == "search_read" and answer[0].get("id") == 3 else answer
        )
        first = run_of(pull(models=[TAG]), TAG)
        odoo.spoil = lambda model, method, answer: answer
        second = run_of(pull(models=[TAG]), TAG)
        assert tags() == ["Tag 1", "Tag 2", "Tag 3", "Tag 4", "Tag 5"]
        assert (first.read, second.inserted) == (2, 3)


class TestKilledRound:
    @pytest.fixture
    def killed(self, odoo, pull, small_pages, monkeypatch):
        """A process that died after its second page of tags, without a chance to write anything down."""
        for id_ in range(1, 8):
            odoo.put(TAG, id_, name=f"Tag {id_}")
        keep, pages = Round.keep, []

        def die_in_the_third(self, *args, **options):
            if len(pages) == 2:
                raise KeyboardInterrupt
            pages.append(args)
            return keep(self, *args, **options)

        with monkeypatch.context() as patch:
            patch.setattr(Round, "keep", die_in_the_third)
            with pytest.raises(KeyboardInterrupt):
                pull(models=[TAG])

    def test_keeps_its_pages_and_its_place(self, killed):
        assert len(tags()) == 4
        cursor = Cursor.objects.get(model=TAG)
        assert (cursor.last_id, cursor.done_to) == (4, None)
        assert PullRun.objects.get().status == "running"  # nobody was left to say otherwise

    def test_is_marked_interrupted_by_the_next_one_which_goes_on_from_there(self, killed, odoo, pull):
        frozen = Cursor.objects.get(model=TAG).window_to
        odoo.put(TAG, 2, name="Changed meanwhile")
        odoo.calls.clear()
        run = run_of(pull(models=[TAG]), TAG)
        dead = PullRun.objects.order_by("pk").first()
        assert (dead.status, dead.read) == ("interrupted", 4)
        assert "goes on from there" in dead.sentence
        assert tags() == ["Tag 1", "Changed meanwhile", "Tag 3", "Tag 4", "Tag 5", "Tag 6", "Tag 7"]
        assert (run.inserted, run.updated) == (3, 1)
        assert Cursor.objects.get(model=TAG).done_to > frozen


class TestPage:
    def test_and_its_place_are_written_together_or_not_at_all(self, odoo, pull, monkeypatch):
        odoo.put(TAG, 1, name="Gold")

        def die(*_, **__):
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr("integrations.odoo.pull.round.advance_cursor", die)
            with pytest.raises(KeyboardInterrupt):
                pull(models=[TAG])
        assert tags() == []
        assert Cursor.objects.get(model=TAG).done_to is None


class TestAnotherDatabase:
    def test_under_the_same_address_is_refused_before_any_row_is_written(self, odoo, pull):
        odoo.put(TAG, 1, name="Gold")
        pull(models=[TAG])
        odoo.born = "2024-05-05 10:00:00"
        odoo.put(TAG, 2, name="A stranger's")
        runs = pull(models=[TAG])
        assert [run.status for run in runs] == ["failed"]
        assert "there is now another database" in runs[0].sentence
        assert "'firm'" in runs[0].sentence
        assert tags() == ["Gold"]

    def test_is_known_by_the_mark_that_apply_left(self, odoo, pull):
        odoo.mark("0b2f")
        pull(models=[TAG])
        assert Installation.objects.get().mark == "0b2f"
        odoo.mark("9e1d")
        assert "there is now another database" in pull(models=[TAG])[0].sentence

    def test_is_not_what_a_database_becomes_when_it_gets_its_mark(self, odoo, pull):
        pull(models=[TAG])
        odoo.mark("0b2f")
        assert {run.status for run in pull(models=[TAG])} == {"done"}
        assert Installation.objects.get().mark == "0b2f"

    def test_is_not_what_it_becomes_when_the_guard_is_destroyed_and_made_anew(self, odoo, pull):
        odoo.mark("0b2f")
        pull(models=[TAG])
        forget_mark()
        odoo.mark("9e1d")
        assert {run.status for run in pull(models=[TAG])} == {"done"}

    def test_is_not_what_a_user_without_the_right_to_read_the_mark_sees(self, odoo, pull):
        def refuse(model, method, answer):
            if model == "x_cockpit_guard":
                raise AccessRefusedError("Odoo does not let this user read it.")
            return answer

        odoo.spoil = refuse
        assert {run.status for run in pull(models=[TAG])} == {"done"}
        assert Installation.objects.get().mark == ""


class TestOdooAway:
    def away(self, odoo):
        def refuse(*_):
            raise UnreachableError("Odoo at odoo.test does not answer.", maybe_done=False)

        odoo.spoil = refuse

    def test_is_one_failed_run_however_long_it_lasts(self, odoo, pull):
        self.away(odoo)
        pull(models=[TAG])
        pull(models=[TAG])
        run = PullRun.objects.get()
        assert (run.model, run.status, run.sentence) == ("", "failed", "Odoo at odoo.test does not answer.")
        assert run.ended_at - run.started_at >= timedelta(seconds=60)

    def test_in_the_middle_ends_the_round_without_asking_for_the_others(self, odoo, pull):
        def die(model, method, answer):
            if (model, method) == ("res.currency", "search_read"):
                raise UnreachableError("Odoo at odoo.test does not answer.", maybe_done=False)
            return answer

        odoo.spoil = die
        assert [(run.model, run.status) for run in pull()] == [("res.company", "done"), ("res.currency", "failed")]

    def test_catches_up_when_it_is_back(self, odoo, pull):
        odoo.put(TAG, 1, name="Gold")
        self.away(odoo)
        pull(models=[TAG])
        odoo.spoil = lambda model, method, answer: answer
        pull(models=[TAG])
        assert tags() == ["Gold"]


class TestWhatIsAskedFor:
    def test_comes_with_what_belongs_to_it(self, odoo, pull):
        runs = pull(models=["account.move.line"], compare_ids=False)
        assert [run.model for run in runs] == ["account.move", "account.move.line"]

    def test_is_refused_when_there_is_no_map_for_it(self, odoo, pull):
        with pytest.raises(UnknownModelError, match=r"No map for stock.picking. There are maps for res.company"):
            pull(models=["stock.picking"])


class TestOldRuns:
    def test_are_forgotten_when_they_found_nothing(self, odoo, pull):
        odoo.put(TAG, 1, name="Gold")
        pull(models=[TAG])
        pull(models=[TAG])
        pull(after_s=2 * 86400, models=[TAG])
        kept = PullRun.objects.filter(model=TAG, kind="changes", started_at__lt=odoo.now - timedelta(days=1))
        assert [run.inserted for run in kept] == [1]


def test_a_round_leaves_nothing_untold(odoo, pull):
    pull()
    assert not Dirty.objects.exists()
