"""The supervisor's loop, with small programs in place of the real ones."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from cockpit.launch import process, supervisor
from cockpit.launch.home import LaunchError
from cockpit.launch.process import (
    AskedToStopError,
    Child,
    Program,
    Stop,
    rotate,
    run_to_end,
    start_and_wait,
    still_running,
)
from cockpit.launch.supervisor import Supervisor


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def watcher(said: list[str]) -> Iterator[Supervisor]:
    watcher = Supervisor(Stop(), said.append)
    yield watcher
    watcher.end()


@pytest.fixture
def program(tmp_path: Path) -> Callable[..., Program]:
    def make(script: str, name: str = "child", **more) -> Program:
        return Program(name, ["/bin/sh", "-c", script], {"PATH": os.defpath}, tmp_path / f"{name}.log", **more)

    return make


def until(watcher: Supervisor, condition: Callable[[], bool], timeout_s: float = 10) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline
        watcher.look()
        time.sleep(0.01)


class TestSupervisor:
    def test_starts_a_killed_child_again(self, watcher, program, said):
        watcher.add(Child(program("exec sleep 60")))
        first = watcher.children[0].process.pid
        os.kill(first, signal.SIGKILL)
        until(watcher, lambda: watcher.children[0].process.pid != first)
        assert watcher.children[0].exit_code() is None
        assert said == ["child was killed (SIGKILL); it starts again in 0.5 s."]

    def test_waits_longer_each_time_a_child_dies_at_once(self, watcher, program, said, monkeypatch):
        monkeypatch.setattr(supervisor, "FIRST_WAIT_S", 0.02)
        monkeypatch.setattr(supervisor, "LONGEST_WAIT_S", 0.08)
        watcher.add(Child(program("echo it hurts; exit 3")))
        until(watcher, lambda: len(said) == 5)
        waits = [float(line.split("again in ")[1].split(" ")[0]) for line in said]
        assert waits == [0.02, 0.04, 0.08, 0.08, 0.08]
        assert said[0].startswith("child ended (code 3)")
        assert said[1].endswith("ends:\n    it hurts")

    def test_forgets_earlier_deaths_of_a_child_that_ran_for_long(self, watcher, program, said, monkeypatch):
        monkeypatch.setattr(supervisor, "STEADY_S", 0.0)
        watcher.add(Child(program("exit 0")))
        watcher.waits["child"] = 30.0
        until(watcher, lambda: len(said) == 1)
        assert "again in 0.5 s" in said[0]

    def test_names_a_full_disk_as_the_likely_reason(self, watcher, program, said, monkeypatch):
        monkeypatch.setattr(supervisor, "FULL_BYTES", 2**62)
        watcher.add(Child(program("exit 1")))
        until(watcher, lambda: len(said) == 1)
        assert said == ["child ended (code 1); it starts again in 0.5 s. The disk is full."]

    def test_goes_on_when_a_child_cannot_be_started(self, watcher, program, said, monkeypatch):
        monkeypatch.setattr(supervisor, "FIRST_WAIT_S", 0.02)
        watcher.add(Child(program("exec sleep 60", name="well")), Child(program("exit 1")))
        monkeypatch.setattr(process.subprocess, "Popen", lambda *_, **__: (_ for _ in ()).throw(OSError(28, "full")))
        until(watcher, lambda: len(said) == 2)
        assert said[1].startswith("child cannot be started now, again in 30 s: The disk is full")
        assert watcher.children[0].exit_code() is None

    def test_ends_children_before_the_services_they_use(self, watcher, program, tmp_path):
        for name in ("postgres", "valkey", "web", "worker"):
            note = f"trap 'echo {name} >>{tmp_path}/order; exit 0' TERM; touch {tmp_path}/{name}.ready"
            watcher.add(Child(program(f"{note}; while :; do sleep 0.02; done", name)))
        until(watcher, lambda: len(list(tmp_path.glob("*.ready"))) == 4)
        watcher.end()
        order = (tmp_path / "order").read_text().split()
        assert (set(order[:2]), set(order[2:])) == ({"web", "worker"}, {"postgres", "valkey"})

    def test_ends_at_the_first_request(self, watcher, program):
        watcher.add(Child(program("exec sleep 60")))
        watcher.stop.ask(signal.SIGINT, None)
        watcher.run()
        watcher.end()
        assert watcher.children == []


class TestChild:
    def test_takes_its_whole_group_along_when_it_dies(self, program, tmp_path):
        child = Child(program(f"sleep 60 & echo $! >{tmp_path}/grandchild; wait"))
        deadline = time.monotonic() + 5
        while not (text := (tmp_path / "grandchild").read_text() if (tmp_path / "grandchild").exists() else ""):
            assert time.monotonic() < deadline
        os.kill(child.process.pid, signal.SIGKILL)
        child.process.wait()
        assert child.exit_code() == -signal.SIGKILL
        psutil.wait_procs([psutil.Process(int(text))] if psutil.pid_exists(int(text)) else [], timeout=5)
        assert not psutil.pid_exists(int(text)) or psutil.Process(int(text)).status() == psutil.STATUS_ZOMBIE

    def test_is_killed_when_it_does_not_listen(self, program, tmp_path):
        deaf = program(f"trap '' TERM; touch {tmp_path}/ready; while :; do sleep 0.02; done", stop_s=0.2)
        child = start_and_wait(deaf, (tmp_path / "ready").exists, stop=Stop(), timeout_s=5)
        child.stop()
        assert child.process.returncode == -signal.SIGKILL

    def test_does_not_hear_the_terminals_ctrl_c(self, program):
        child = Child(program("exec sleep 60"))
        assert os.getsid(child.process.pid) == child.process.pid
        child.stop()


class TestStartAndWait:
    def test_tells_the_end_of_the_log_of_a_program_that_dies(self, program):
        with pytest.raises(LaunchError, match=r"(?s)child ended \(code 2\).*says:\n    no luck"):
            start_and_wait(program("echo no luck; exit 2"), lambda: False, stop=Stop(), timeout_s=5)

    def test_gives_up_on_one_that_is_never_ready_and_ends_it(self, program, tmp_path):
        slow = program(f"echo $$ >{tmp_path}/pid; exec sleep 60")
        with pytest.raises(LaunchError, match="was not ready after 0 s"):
            start_and_wait(slow, lambda: False, stop=Stop(), timeout_s=0.3)
        assert not psutil.pid_exists(int((tmp_path / "pid").read_text()))

    def test_tries_again_while_what_it_needs_is_still_in_use(self, program, tmp_path):
        script = f"test -e {tmp_path}/free && touch {tmp_path}/ready && exec sleep 60; touch {tmp_path}/free; exit 1"
        child = start_and_wait(program(script), (tmp_path / "ready").exists, stop=Stop(), timeout_s=5, retry_s=5)
        child.stop()

    def test_ends_what_it_started_when_asked_to_stop(self, program, tmp_path):
        stop = Stop()

        def never() -> bool:
            stop.asked = int((tmp_path / "pid").exists())
            return False

        with pytest.raises(AskedToStopError):
            start_and_wait(program(f"echo $$ >{tmp_path}/pid; exec sleep 60"), never, stop=stop, timeout_s=5)
        assert not psutil.pid_exists(int((tmp_path / "pid").read_text() or 0) or 2**22)


class TestStillRunning:
    def test_does_not_count_one_that_ended_and_whose_parent_does_not_ask(self, program):
        child = Child(program("exit 0"))  # nobody asks for its exit code, as in a container without an init
        other = Child(program("exec sleep 60"))
        found = [psutil.Process(child.process.pid), psutil.Process(other.process.pid)]
        assert still_running(found, timeout_s=1) == found[1:]
        assert found[0].is_running()  # still listed
        other.stop()
        assert not still_running(found, timeout_s=5)
        child.stop()


class TestRunToEnd:
    def test_gives_this_runs_answer_without_its_remarks(self, program, tmp_path):
        for word in ("first", "second"):
            script = f"echo {word}; echo working >&2"
            said = run_to_end(program(script, answer=tmp_path / "answer"), stop=Stop(), timeout_s=5)
            assert said == f"{word}\n"

    def test_tells_all_it_said_when_it_fails(self, program, tmp_path):
        failing = program("echo the answer; echo the reason >&2; exit 1", answer=tmp_path / "answer")
        with pytest.raises(LaunchError, match=r"(?s)ended \(code 1\):\nthe answer\n    the reason"):
            run_to_end(failing, stop=Stop(), timeout_s=5)

    def test_does_not_wait_for_ever(self, program):
        with pytest.raises(LaunchError, match="child did not end within 0 s"):
            run_to_end(program("exec sleep 60"), stop=Stop(), timeout_s=0.2)


class TestRotate:
    def test_empties_a_large_log_under_its_writer_and_keeps_the_older(self, tmp_path, monkeypatch):
        monkeypatch.setattr(process, "LOG_BYTES", 10)
        log = tmp_path / "web.log"
        with open(log, "ab", buffering=0) as writer:
            writer.write(b"x" * 20)
            rotate(log)
            writer.write(b"new")
        assert log.read_bytes() == b"new"
        assert (tmp_path / "web.log.1").read_bytes() == b"x" * 20
