import gzip
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import brotli
import pytest
from django.contrib.staticfiles import finders
from django.templatetags.static import static
from django.test import Client

from cockpit.launch.home import open_home
from cockpit.launch.plan import ROOT, make_plan, options
from cockpit.launch.process import AskedToStopError, Program, Stop
from cockpit.launch.static_files import digest, ready
from tests.cockpit.launching import new_home
from tests.collecting import STORAGE, collected

SAID = "import json, sys; from cockpit import settings as s; json.dump({}, sys.stdout)"
WANTED = "[str(s.STATIC_ROOT), s.STORAGES['staticfiles']['BACKEND'], s.WHITENOISE_USE_FINDERS]"
AS_THEY_ARE = ["None", "django.contrib.staticfiles.storage.StaticFilesStorage", True]


@pytest.fixture
def sources(tmp_path):
    (tmp_path / "static" / "js").mkdir(parents=True)
    (tmp_path / "static" / "js" / "app.js").write_text("go();")
    (tmp_path / "cockpit" / "pages").mkdir(parents=True)
    (tmp_path / "cockpit" / "pages" / "collected.py").write_text("")
    (tmp_path / "requirements.lock").write_text("django==5")
    return tmp_path


class TestDigest:
    def test_stays_while_nothing_changes(self, sources):
        before = digest(sources)
        os.utime(sources / "static" / "js" / "app.js", (1, 1))
        assert digest(sources) == before

    @pytest.mark.parametrize("name", ["static/js/app.js", "requirements.lock", "cockpit/pages/collected.py"])
    def test_is_another_after_a_change_of(self, sources, name):
        before = digest(sources)
        (sources / name).write_text("other")
        assert digest(sources) != before

    def test_is_another_when_a_file_is_renamed_added_or_removed(self, sources):
        app, other = sources / "static" / "js" / "app.js", sources / "static" / "js" / "other.js"
        found = {digest(sources)}
        app.rename(other)
        found.add(digest(sources))
        app.write_text("")
        found.add(digest(sources))
        app.unlink()
        other.unlink()
        assert digest(sources) not in found
        assert len(found) == 3


class Asked(Stop):
    """Somebody who asks to stop while files are collected."""

    def sleep(self, seconds: float) -> None:
        raise AskedToStopError


class TestReady:
    """The command itself is replaced by a few letters: what it really does, TestServing shows."""

    @pytest.fixture
    def plan(self):
        with new_home() as path:
            home = open_home(path)
            environ = {"DATABASE_URL": "postgresql:///x", "REDIS_URL": "redis://x", "COCKPIT_HOME": str(path)}
            yield make_plan(home, options(environ), {"PATH": os.environ["PATH"]}, {}, sandbox_url="")

    def collecting(self, monkeypatch, code: str) -> None:
        def run(plan, folder: Path):
            command = [sys.executable, "-c", code, str(folder)]
            return Program("collectstatic", command, {}, plan.home.log("collectstatic"))

        monkeypatch.setattr("cockpit.launch.plan.Plan.collect", run)

    def write(self, monkeypatch) -> None:
        self.collecting(monkeypatch, "import sys; open(sys.argv[1] + '/app.js', 'w').write('go();')")

    def test_collects_once_for_each_state_of_the_sources(self, plan, monkeypatch):
        said: list[str] = []
        self.write(monkeypatch)
        folder = ready(plan, stop=Stop(), say=said.append)
        assert (folder / "app.js").read_text() == "go();"
        self.collecting(monkeypatch, "raise SystemExit(1)")
        assert ready(plan, stop=Stop(), say=said.append) == folder
        assert len(said) == 1

    def test_serves_nothing_of_a_collection_that_was_cut_short(self, plan, monkeypatch):
        self.write(monkeypatch)
        with pytest.raises(AskedToStopError):
            ready(plan, stop=Asked(), say=print)
        left = list((plan.home.path / "static").iterdir())
        assert [path.name.startswith(".new-") for path in left] == [True]
        assert [path.name for path in (plan.home.path / "static").glob(digest())] == []
        folder = ready(plan, stop=Stop(), say=print)
        assert list((plan.home.path / "static").iterdir()) == [folder]

    def test_leaves_files_as_they_are_when_collecting_fails_and_says_why(self, plan, monkeypatch):
        said: list[str] = []
        self.collecting(monkeypatch, "raise SystemExit('no room')")
        assert ready(plan, stop=Stop(), say=said.append) is None
        assert "uncompressed" in said[-1]
        assert "no room" in said[-1]

    def test_tells_the_web_process_alone(self, plan, tmp_path):
        assert plan.web(tmp_path).env["STATIC_FOLDER"] == str(tmp_path)
        assert plan.web(None).env["STATIC_FOLDER"] == ""
        assert not {"STATIC_FOLDER"} & {*plan.worker().env, *plan.manage("migrate").env}


class TestSettings:
    def served(self, **env: str) -> list:
        base = {"PATH": os.environ["PATH"], "SECRET_KEY": "x", "DATABASE_URL": "postgresql:///x"}
        done = subprocess.run(
            [sys.executable, "-c", SAID.format(WANTED)], cwd=ROOT, env=base | env, capture_output=True, check=True
        )
        return json.loads(done.stdout)

    def test_serve_a_collected_folder(self, tmp_path):
        assert self.served(STATIC_FOLDER=str(tmp_path)) == [str(tmp_path), STORAGE, False]

    def test_serve_files_as_they_are_without_one(self, tmp_path):
        assert self.served(STATIC_FOLDER=str(tmp_path / "gone")) == AS_THEY_ARE


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    """Served from collected files: our own; those of others, and the large plots, take too long to compress."""
    with collected(tmp_path_factory.mktemp("static"), ("django_htmx", "guardian", "plotly-*")):
        yield Client()


class TestServing:
    @pytest.mark.parametrize(
        ("accepted", "unpack"), [("br, gzip", brotli.decompress), ("gzip", gzip.decompress), ("identity", bytes)]
    )
    def test_gives_the_same_bytes_compressed_as_the_browser_asks(self, client, accepted, unpack):
        response = client.get(static("css/components.css"), headers={"accept-encoding": accepted})
        assert response.headers.get("content-encoding", "identity") == {"br, gzip": "br"}.get(accepted, accepted)
        assert unpack(b"".join(response.streaming_content)) == Path(finders.find("css/components.css")).read_bytes()

    def test_lets_a_browser_keep_a_file_for_ever(self, client):
        response = client.get(static("img/icons.svg"))
        assert "immutable" in response.headers["cache-control"]
        assert re.fullmatch(r"/static/img/icons\.[0-9a-f]{12}\.svg", static("img/icons.svg"))

    def test_makes_modules_import_one_another_by_their_lasting_names(self, client):
        script = b"".join(client.get(static("js/keys.js")).streaming_content).decode()
        assert f'from "./{Path(static("js/list.js")).name}"' in script
        for module in (ROOT / "static" / "js").glob("*.js"):
            text = b"".join(client.get(static(f"js/{module.name}")).streaming_content).decode()
            imports = re.findall(r'(?:from|import)\s*\(?"\./([^"]+)"', text)
            assert [name for name in imports if client.get(f"/static/js/{name}").status_code != 200] == []


class TestNames:
    def test_in_templates_are_all_there(self):
        """Lasting names are looked up in a list: one that is missing would break the page where files are collected."""
        root = ROOT
        named = {
            (template.relative_to(root).as_posix(), name)
            for template in (root / "templates").rglob("*.html")
            for name in re.findall(r"""{%\s*static\s+['"]([^'"]+)['"]""", template.read_text())
        }
        assert len(named) > 10
        assert [each for each in sorted(named) if not finders.find(each[1])] == []
