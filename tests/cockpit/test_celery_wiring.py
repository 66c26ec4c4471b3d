"""Celery's settings against what exists: tasks that beat names, queues that somebody works on."""

import re

import pytest
from django.conf import settings

from cockpit import celery_app
from cockpit.launch.home import open_home
from cockpit.launch.plan import make_plan, options
from tests.cockpit.launching import new_home

EMBEDDED = {"DATABASE_URL": "postgresql://embedded", "REDIS_URL": "unix:///embedded"}


def queue_of(task: str) -> str:
    return celery_app.amqp.router.route({}, task)["queue"].name


def queues_worked_on() -> set[str]:
    with new_home() as path:
        plan = make_plan(open_home(path), options({"COCKPIT_HOME": str(path)}), {}, EMBEDDED, sandbox_url="pg:///s")
        commands = [" ".join(program.command) for program in (plan.worker(), plan.courier())]
    return {queue for command in commands for queue in re.search(r"-Q (\S+)", command).group(1).split(",")}


class TestBeat:
    @pytest.mark.parametrize("name", sorted(settings.CELERY_BEAT_SCHEDULE))
    def test_names_a_task_that_exists(self, name):
        celery_app.loader.import_default_modules()
        assert settings.CELERY_BEAT_SCHEDULE[name]["task"] in celery_app.tasks

    def test_sends_to_queues_that_somebody_works_on(self):
        queues = {queue_of(entry["task"]) for entry in settings.CELERY_BEAT_SCHEDULE.values()}
        assert queues == queues_worked_on() == {"interactive", "deliveries", "sync"}

    def test_drops_what_nobody_took_before_the_next_is_due(self):
        seconds = [
            entry for entry in settings.CELERY_BEAT_SCHEDULE.values() if isinstance(entry["schedule"], int | float)
        ]
        assert all(entry["options"]["expires"] for entry in seconds)

    def test_reads_redbeats_own_settings(self):
        assert celery_app.conf.redbeat_redis_url == settings.REDIS_URL
        # The lock of a killed beat must outlive a few rounds, and not much longer.
        assert settings.CELERY_BEAT_MAX_LOOP_INTERVAL * 5 <= celery_app.conf.redbeat_lock_timeout <= 20


class TestTasks:
    def test_run_again_when_their_worker_dies(self):
        assert celery_app.conf.task_acks_late
        assert celery_app.conf.task_reject_on_worker_lost
        assert celery_app.conf.worker_prefetch_multiplier == 1

    def test_end_before_their_message_is_given_to_another_worker(self):
        limits = celery_app.conf.task_soft_time_limit, celery_app.conf.task_time_limit
        assert limits[0] < limits[1] < celery_app.conf.broker_transport_options["visibility_timeout"]

    def test_of_people_and_of_the_outside_world_have_workers_of_their_own(self):
        assert queue_of("approvals.tasks.settle_due") == "interactive"
        assert queue_of("cockpit.outbox.tasks.sweep") == "deliveries"
        assert queue_of("integrations.odoo.tasks.pull_round") == "sync"
