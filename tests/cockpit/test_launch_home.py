import errno
import os
import shutil
import stat
from collections import namedtuple
from collections.abc import Iterator
from pathlib import Path

import pytest

from cockpit.launch.home import LaunchError, OccupiedError, explained, occupied, open_home
from tests.cockpit.launching import new_home

ROOT = os.geteuid() == 0


@pytest.fixture
def path() -> Iterator[Path]:
    with new_home() as path:
        yield path


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


class TestSecret:
    def test_is_made_once_for_our_eyes_only(self, path):
        secret = open_home(path).secret("django")
        assert len(secret) >= 50
        assert open_home(path).secret("django") == secret
        assert mode(path / "secrets" / "django") == 0o600
        assert mode(path / "secrets") == 0o700

    def test_differs_from_home_to_home_and_from_name_to_name(self, path):
        with new_home() as other:
            secrets = {open_home(path).secret("a"), open_home(path).secret("b"), open_home(other).secret("a")}
        assert len(secrets) == 3


class TestOpenHome:
    def test_lets_nobody_else_read_it(self, path):
        open_home(path)
        assert mode(path) == (0o711 if ROOT else 0o700)  # root's database runs as another user, who passes through
        assert mode(path / "logs") == 0o700

    def test_gives_the_data_to_somebody_postgresql_accepts(self, path):
        home = open_home(path)
        assert home.data.stat().st_uid == home.user.uid != 0
        assert mode(home.data) == 0o700

    def test_keeps_roots_data_elsewhere_when_the_home_is_closed_to_that_user(self, path):
        path.mkdir()
        inner = path / "home"
        path.chmod(0o700)
        home = open_home(inner)
        assert (inner / "data").is_symlink() == ROOT
        assert open_home(inner).data == home.data

    def test_does_not_begin_empty_when_the_data_it_points_to_are_gone(self, path):
        path.mkdir()
        (path / "data").symlink_to("/nowhere")
        with pytest.raises(LaunchError, match="points to /nowhere, which is gone"):
            open_home(path)

    def test_says_that_the_path_is_a_file(self, path):
        path.write_text("")
        with pytest.raises(LaunchError, match=f"{path} is a file; COCKPIT_HOME must name a folder"):
            open_home(path)

    def test_says_how_much_room_is_missing(self, path, monkeypatch):
        usage = namedtuple("usage", "total used free")
        monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10**9, 10**9, 50 * 2**20))
        with pytest.raises(LaunchError, match="has 50 MB free; 300 MB are needed"):
            open_home(path)

    @pytest.mark.parametrize(
        ("number", "sentence"),
        [
            (errno.ENOSPC, "The disk is full: /x could not be written"),
            (errno.EACCES, "/x is closed to"),
            (errno.EROFS, "its disk is read-only"),
        ],
    )
    def test_turns_what_the_system_refuses_into_a_sentence(self, number, sentence):
        with pytest.raises(LaunchError, match=sentence), explained(Path("/x")):
            raise OSError(number, os.strerror(number), "/x")


class TestSockets:
    def test_lie_in_a_short_private_folder_however_long_the_home_is(self):
        with new_home("a folder with spaces " + "x" * 120) as path:
            home = open_home(path)
            folder = home.sockets()
            assert len(str(folder / ".s.PGSQL.5432")) < 100
            assert (mode(folder), folder.stat().st_uid) == (0o700, home.user.uid)
            assert home.sockets() == folder

    def test_are_made_anew_when_the_folder_is_gone_or_open_to_others(self, path):
        home = open_home(path)
        first = home.sockets()
        first.chmod(0o755)
        second = home.sockets()
        first.rmdir()
        second.rmdir()
        third = home.sockets()
        assert len({first, second, third}) == 3

    def test_are_not_shared_with_a_copied_home(self, path):
        home = open_home(path)
        folder = home.sockets()
        copy = path.with_name("copy")
        shutil.copytree(path, copy, symlinks=True)
        os.chown(copy / "data", home.user.uid, home.user.gid)
        assert open_home(copy).sockets() != folder


class TestOccupied:
    def test_refuses_a_second_supervisor_and_names_the_first(self, path):
        home = open_home(path)
        with occupied(home, "http://127.0.0.1:8000"):
            with pytest.raises(OccupiedError) as refusal, occupied(home, "http://127.0.0.1:8001"):
                pass
            assert f"already runs at http://127.0.0.1:8000 (process {os.getpid()})" in str(refusal.value)
        with occupied(home, "http://127.0.0.1:8001"):
            pass
