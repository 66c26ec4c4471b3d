"""Embedded PostgreSQL and Valkey, started and killed for real."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from textwrap import dedent

import psutil
import psycopg
import pytest
import redis

from cockpit.launch.home import Home, LaunchError, open_home
from cockpit.launch.postgres import check_external as check_database
from cockpit.launch.process import Stop
from cockpit.launch.services import Services, throw_away
from cockpit.launch.valkey import check_external as check_redis
from tests.cockpit.launching import new_home

LONG = "a folder with spaces " + "and a long name " * 7


@pytest.fixture(scope="module")
def home() -> Iterator[Home]:
    """A home whose path has spaces and more than 100 characters."""
    with new_home(LONG) as path:
        yield open_home(path)


@pytest.fixture
def services(home: Home) -> Iterator[Services]:
    """Services as in the product, stopped. The files of PostgreSQL are made once for all tests."""
    shutil.rmtree(home.data / "valkey", ignore_errors=True)
    services = Services(home, databases=("cockpit",), with_valkey=True)
    yield services
    services.stop()


def write(services: Services) -> None:
    with psycopg.connect(services.postgres.url()) as connection:
        connection.execute("drop table if exists kept")
        connection.execute("create table kept as select 42 as number")
    with redis.Redis.from_url(services.valkey.url) as client:
        client.set("kept", 42)


def read(services: Services) -> tuple[int, int]:
    with psycopg.connect(services.postgres.url()) as connection, redis.Redis.from_url(services.valkey.url) as client:
        return connection.execute("select number from kept").fetchone()[0], int(client.get("kept"))


def kill(services: Services) -> None:
    for child in services.children:
        os.kill(child.process.pid, signal.SIGKILL)
        child.process.wait()
    services.children.clear()


class TestServices:
    def test_keep_what_was_written_after_an_orderly_end(self, services):
        services.start(Stop())
        write(services)
        services.stop()
        services.start(Stop())
        assert read(services) == (42, 42)

    def test_keep_what_was_written_when_they_are_killed(self, services):
        services.start(Stop())
        write(services)
        with redis.Redis.from_url(services.valkey.url) as client:
            client.execute_command("WAITAOF", 1, 0, 2000)  # its journal reaches the disk each second
        with psycopg.connect(services.postgres.url()):  # a session that the dead server leaves behind
            kill(services)
            services.start(Stop())
            assert read(services) == (42, 42)

    def test_take_over_from_a_start_that_was_killed_and_left_them_running(self, services):
        services.start(Stop())
        write(services)
        old = [child.process.pid for child in services.children]
        services.children.clear()
        services.start(Stop())
        assert read(services) == (42, 42)
        assert not any(psutil.pid_exists(pid) and psutil.Process(pid).status() != "zombie" for pid in old)

    def test_start_though_another_program_has_the_number_in_the_lock_file(self, services):
        services.start(Stop())
        write(services)
        lines = (services.postgres.data / "postmaster.pid").read_text().splitlines()
        kill(services)
        stranger = subprocess.Popen(["sleep", "60"], **services.postgres.home.user.popen)
        (services.postgres.data / "postmaster.pid").write_text("\n".join([str(stranger.pid), *lines[1:]]) + "\n")
        services.start(Stop())
        assert read(services) == (42, 42)
        assert stranger.poll() is None
        stranger.kill()
        stranger.wait()

    def test_put_a_broken_journal_of_the_queue_aside(self, services):
        services.start(Stop())
        write(services)
        services.stop()
        for part in (services.valkey.folder / "appendonlydir").glob("*.incr.aof"):
            part.write_bytes(b"*3\r\n$3\r\nno journal at all\r\n" + part.read_bytes())
        services.start(Stop())
        with redis.Redis.from_url(services.valkey.url) as client:
            assert client.get("kept") is None
        assert list(services.valkey.folder.glob("unreadable-*"))

    def test_ask_for_the_password_and_give_no_rights_over_the_server(self, services):
        services.start(Stop())
        url = services.postgres.url()
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(url.replace(services.postgres.password, "wrong"))
        with psycopg.connect(url) as connection:
            rights = "select rolsuper, rolcreaterole, rolcreatedb from pg_roles where rolname = current_user"
            assert connection.execute(rights).fetchone() == (False, False, True)

    def test_sort_and_compare_alike_on_every_machine(self, services):
        services.start(Stop())
        query = "select datlocprovider, datlocale, pg_encoding_to_char(encoding) from pg_database"
        with psycopg.connect(services.postgres.url()) as connection:
            assert connection.execute(query).fetchone() == ("b", "C.UTF-8", "UTF8")


class TestPostgres:
    def test_begins_again_after_a_first_start_that_was_cut_off(self):
        with new_home() as path:
            services = Services(open_home(path), databases=("cockpit",), with_valkey=False, durable=False)
            (services.postgres.folder / "data.new").mkdir()
            (services.postgres.folder / "data.new" / "PG_VERSION").write_text("18\n")
            services.start(Stop())
            psycopg.connect(services.postgres.url()).close()
            services.stop()

    def test_refuses_files_of_another_version(self, services):
        services.start(Stop())
        services.stop()
        version = services.postgres.data / "PG_VERSION"
        version.write_text("17\n")
        with pytest.raises(LaunchError, match="was made by PostgreSQL 17, and this is 18"):
            services.start(Stop())
        version.write_text("18\n")

    def test_says_what_its_log_says_when_it_cannot_start(self, services, monkeypatch):
        monkeypatch.setattr("cockpit.launch.postgres.BUSY_S", 0)
        services.start(Stop())
        services.stop()
        settings = services.postgres.data / "postgresql.auto.conf"
        settings.write_text("no such setting = 1\n")
        with pytest.raises(LaunchError, match=r"(?s)postgres ended.*syntax error"):
            services.start(Stop())
        settings.write_text("")


class TestThrowAway:
    def test_leaves_nothing_behind(self):
        with throw_away(with_postgres=False) as found:
            socket = found["REDIS_URL"].removeprefix("unix://")
            assert os.path.exists(socket)
        assert not os.path.exists(os.path.dirname(socket))

    def test_clears_away_what_a_killed_run_has_left(self):
        code = """
            import os, signal
            from cockpit.launch.services import throw_away
            with throw_away() as found:
                print(found["DATABASE_URL"], flush=True)
                os.kill(os.getpid(), signal.SIGKILL)
        """
        killed = subprocess.run([sys.executable, "-c", dedent(code)], capture_output=True, text=True)
        url = killed.stdout.strip()
        psycopg.connect(url).close()  # its server still runs
        with throw_away(with_postgres=False), pytest.raises(psycopg.OperationalError):
            psycopg.connect(url)


class TestExternal:
    def test_no_address_of_a_postgresql_is_said_without_its_password(self):
        with pytest.raises(LaunchError, match="no address of a PostgreSQL; it looks like") as refused:
            check_database("mysql://cockpit:s3cret@example/cockpit")
        assert "s3cret" not in str(refused.value)

    def test_names_what_the_database_answers(self):
        with pytest.raises(LaunchError, match=r"The database that DATABASE_URL names does not let us in: .*nowhere"):
            check_database("postgresql:///x?host=/nowhere")

    def test_names_an_address_that_is_none(self):
        with pytest.raises(LaunchError, match="REDIS_URL='localhost' is no address of a Redis"):
            check_redis("localhost")

    def test_warns_of_a_redis_that_is_away_for_people_can_work_without(self):
        warning = check_redis("unix:///nowhere")
        assert "can't be used: Error 2 connecting" in warning
        assert "People can work" in warning
        assert check_redis(os.environ["REDIS_URL"]) == ""

    def test_says_that_a_redis_does_not_take_the_password(self):
        address = os.environ["REDIS_URL"].removeprefix("unix://")
        assert "invalid username-password pair" in check_redis(f"unix://somebody:s3cret@{address}")
