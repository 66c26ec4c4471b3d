"""Acts on many clocks: the same as one after the other, with as many statements as for one."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cockpit.time import services
from cockpit.time.models import Clock
from tests.cockpit.test_clock import HOUR, causes, on, stored, week

pytestmark = pytest.mark.django_db
FEW, MANY = range(3), range(20)


@pytest.fixture
def germany():
    return week("Germany", "Europe/Berlin")


def started(germany, names) -> list[Clock]:
    return [services.start_clock(f"test:{n}", calendar=germany, goal_s=(1 + n) * HOUR, at=on(23, 10)) for n in names]


def values_of(clocks: list[Clock]) -> list[dict]:
    """Without keys and subjects: what two sets of clocks can have in common."""
    found = [stored(clock) for clock in clocks]
    for one in found:
        one["clock"] = {key: value for key, value in one["clock"].items() if key not in {"id", "subject"}}
        one["segments"] = [{k: v for k, v in row.items() if k not in {"id", "clock_id"}} for row in one["segments"]]
    return found


class TestPauseAll:
    def test_does_what_pausing_each_does(self, germany):
        together = started(germany, FEW)
        alone = [services.start_clock(f"x:{n}", calendar=germany, goal_s=(1 + n) * HOUR, at=on(23, 10)) for n in FEW]
        services.pause_all([clock.subject for clock in together], cause="decided", at=on(23, 12))
        for clock in alone:
            services.pause(clock, cause="decided", at=on(23, 12))
        assert values_of(together) == values_of(alone)
        assert causes(together[0])[-1] == ("paused", "decided")

    def test_leaves_what_does_not_run(self, germany):
        first, second, _third = started(germany, FEW)
        services.pause(first, cause="asked back", at=on(23, 11))
        services.stop(second, at=on(23, 11))
        before = [stored(first), stored(second)]
        paused = services.pause_all([first.subject, second.subject], cause="decided", at=on(23, 12))
        assert paused == []
        assert [stored(first), stored(second)] == before

    def test_refuses_an_act_before_the_last_one(self, germany):
        clocks = started(germany, FEW)
        with pytest.raises(services.ClockTimeError):
            services.pause_all([clocks[0].subject], cause="decided", at=on(23, 9))

    def test_needs_a_cause(self, germany):
        clocks = started(germany, FEW)
        with pytest.raises(ValueError, match="Say why"):
            services.pause_all([clocks[0].subject], cause="", at=on(23, 12))


class TestStopAll:
    def test_does_what_stopping_each_does(self, germany):
        together = started(germany, FEW)
        alone = [services.start_clock(f"x:{n}", calendar=germany, goal_s=(1 + n) * HOUR, at=on(23, 10)) for n in FEW]
        services.pause(together[0], cause="decided", at=on(23, 11))
        services.pause(alone[0], cause="decided", at=on(23, 11))
        services.stop_all([clock.subject for clock in together], at=on(23, 12))
        for clock in alone:
            services.stop(clock, at=on(23, 12))
        assert values_of(together) == values_of(alone)
        assert [clock.breached_at for clock in Clock.objects.filter(subject__startswith="test:").order_by("pk")] == [
            on(23, 11), on(23, 12), None,
        ]  # fmt: skip

    def test_twice_is_once(self, germany):
        clocks = started(germany, FEW)
        subjects = [clock.subject for clock in clocks]
        assert len(services.stop_all(subjects, at=on(23, 12))) == 3
        before = [stored(clock) for clock in clocks]
        assert services.stop_all(subjects, at=on(23, 13)) == []
        assert [stored(clock) for clock in clocks] == before


class TestReachAll:
    def test_says_each_level_once(self, germany):
        clocks = started(germany, FEW)
        at = on(23, 11)  # of one, two and three hours one is over
        assert services.reach_all(clocks, at=at) == {clocks[0].pk: 100, clocks[1].pk: 50}
        assert services.reach_all(clocks, at=at) == {}
        assert Clock.objects.get(pk=clocks[0].pk).breached_at == on(23, 11)
        assert Clock.objects.get(pk=clocks[1].pk).next_at == on(23, 11) + timedelta(minutes=36)

    def test_leaves_what_does_not_run(self, germany):
        clocks = started(germany, FEW)
        services.pause(clocks[0], cause="asked back", at=on(23, 10, 20))
        assert services.reach_all(clocks, at=on(23, 11)) == {clocks[1].pk: 50}


@pytest.mark.parametrize("act", ["pause", "stop", "reach"])
def test_asks_the_database_as_often_for_many_as_for_few(germany, act):
    asked = []
    for names in (FEW, MANY):
        Clock.objects.all().delete()
        clocks = started(germany, names)
        subjects = [clock.subject for clock in clocks]
        with CaptureQueriesContext(connection) as queries:
            if act == "pause":
                services.pause_all(subjects, cause="decided", at=on(23, 12))
            elif act == "stop":
                services.stop_all(subjects, at=on(23, 12))
            else:
                services.reach_all(clocks, at=on(23, 16))
        asked.append(len(queries))
    assert asked[0] == asked[1] <= 7
