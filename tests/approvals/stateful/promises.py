"""Promises 1 to 7 of the design, asked of the rows as they lie in the database after every step."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Any

from django.db import connection

from approvals import policy
from approvals.models import Decision, PolicyVersion, Request, Round, Step
from cockpit.time import services as time
from cockpit.time.counting import count, worked
from cockpit.time.models import Clock, Segment

# Each row found here breaks the promise that it names.
BROKEN = """
WITH live AS (SELECT d.*, r.request_id, r.closed_at AS round_closed_at FROM approvals_decision d
              JOIN approvals_round r ON r.id = d.round_id WHERE d.void_at IS NULL),
     trail AS (SELECT subject, verb, count(*) AS n, max(at) AS last_at FROM audit_entry GROUP BY subject, verb),
     voices AS (SELECT id, round_id, unnest(ARRAY[person_id, effective_person_id]) AS person FROM live)
SELECT '1: a decision without its entry, or an entry without its decision' AS promise, q.id FROM approvals_request q
    WHERE (SELECT count(*) FROM approvals_decision d JOIN approvals_round r ON r.id = d.round_id
           WHERE r.request_id = q.id)
       <> coalesce((SELECT n FROM trail WHERE subject = 'approvals.request:' || q.id
                    AND verb = 'approvals.request.decide'), 0)
UNION ALL SELECT '1: it settles without a deadline, or another than was recorded', q.id FROM approvals_request q
    WHERE q.state = 'settling' AND NOT EXISTS (
        SELECT FROM trail WHERE subject = 'approvals.request:' || q.id AND verb = 'approvals.request.settle'
        AND last_at + interval '20 s' = q.settles_at)
UNION ALL SELECT '1: settled without its event, or told twice', q.id FROM approvals_request q
    WHERE (SELECT count(*) FROM events_event e WHERE e.subject = 'approvals.request:' || q.id
           AND e.name = 'approvals.decided')
       <> coalesce((SELECT sum(n) FROM trail WHERE subject = 'approvals.request:' || q.id
                    AND verb IN ('approvals.request.approve', 'approvals.request.reject')), 0)
UNION ALL SELECT '1: decided without every step', q.id FROM approvals_request q
    JOIN approvals_round r ON r.request_id = q.id AND r.closed_at IS NULL
    JOIN approvals_step s ON s.round_id = r.id
    WHERE q.state = 'settling' AND q.outcome = 'approved' AND s.state <> 'approved'
UNION ALL SELECT '1: a step is approved by too few', s.id FROM approvals_step s
    JOIN approvals_round r ON r.id = s.round_id AND r.closed_at IS NULL
    WHERE s.state = 'approved'
      AND (SELECT count(*) FROM live d WHERE d.step_id = s.id AND d.verdict = 'approve') < greatest(s.quorum, 1)
      AND s.timeout <> 'approve'
UNION ALL SELECT '1: a step is rejected by nobody', s.id FROM approvals_step s
    WHERE s.state = 'rejected' AND NOT EXISTS (SELECT FROM live d WHERE d.step_id = s.id AND d.verdict = 'reject')
UNION ALL SELECT '2: a link is missing in its chain', 0 FROM audit_entry GROUP BY subject HAVING max(seq) <> count(*)
UNION ALL SELECT '2: more approved than were needed', s.id FROM approvals_step s
    JOIN approvals_round r ON r.id = s.round_id AND r.closed_at IS NULL
    WHERE s.quorum > 0
      AND (SELECT count(*) FROM live d WHERE d.step_id = s.id AND d.verdict = 'approve') > s.quorum
UNION ALL SELECT '3: two open requests about one thing', 0 FROM approvals_request WHERE state IN ('pending', 'settling')
    GROUP BY kind, subject HAVING count(*) > 1
UNION ALL SELECT '3: an open request without its round, or a closed one with it', q.id FROM approvals_request q
    WHERE (q.state IN ('pending', 'settling')) <> EXISTS (
        SELECT FROM approvals_round r WHERE r.request_id = q.id AND r.closed_at IS NULL)
UNION ALL SELECT '3: it waits, and nobody is asked', q.id FROM approvals_request q
    WHERE q.state = 'pending' AND NOT EXISTS (
        SELECT FROM approvals_step s JOIN approvals_round r ON r.id = s.round_id
        WHERE r.request_id = q.id AND r.closed_at IS NULL AND s.state = 'open')
UNION ALL SELECT '3: a step is asked where nothing waits', s.id FROM approvals_step s
    JOIN approvals_round r ON r.id = s.round_id JOIN approvals_request q ON q.id = r.request_id
    WHERE s.state = 'open' AND (q.state <> 'pending' OR r.closed_at IS NOT NULL)
UNION ALL SELECT '3: decided after it was closed', d.id FROM live d JOIN approvals_request q ON q.id = d.request_id
    WHERE q.closed_at IS NOT NULL AND d.at > q.closed_at
UNION ALL SELECT '4: who is barred has decided', d.id FROM live d JOIN approvals_request q ON q.id = d.request_id
    WHERE d.round_closed_at IS NULL AND q.barred_persons && ARRAY[d.person_id, d.effective_person_id]
UNION ALL SELECT '4: somebody decided twice in a round', a.id FROM voices a
    JOIN voices b ON b.round_id = a.round_id AND b.person = a.person AND b.id > a.id
UNION ALL SELECT '5: decided on what was another request', d.id FROM approvals_decision d
    JOIN approvals_round r ON r.id = d.round_id JOIN approvals_snapshot n ON n.id = d.snapshot_id
    WHERE n.request_id <> r.request_id
UNION ALL SELECT '7: an open step without a clock, or a clock without a step', s.id FROM approvals_step s
    WHERE s.opened_at IS NOT NULL AND (s.state IN ('void')) = EXISTS (
        SELECT FROM time_clock c WHERE c.subject = 'approvals.step:' || s.id AND c.state <> 'stopped')
      AND EXISTS (SELECT FROM approvals_round r WHERE r.id = s.round_id AND r.closed_at IS NULL)
UNION ALL SELECT '7: the clock of a closed round goes on', s.id FROM approvals_step s
    JOIN approvals_round r ON r.id = s.round_id AND r.closed_at IS NOT NULL
    JOIN time_clock c ON c.subject = 'approvals.step:' || s.id AND c.state <> 'stopped'
UNION ALL SELECT '7: the clock of the whole is not as its request', q.id FROM approvals_request q
    WHERE coalesce((SELECT c.state FROM time_clock c WHERE c.subject = 'approvals.request:' || q.id
                    AND c.state <> 'stopped'), 'stopped')
       <> CASE q.state WHEN 'pending' THEN 'running' WHEN 'settling' THEN 'paused' ELSE 'stopped' END
UNION ALL SELECT '7: a clock runs on what waits, or waits on what is asked', s.id FROM approvals_step s
    JOIN time_clock c ON c.subject = 'approvals.step:' || s.id AND c.state <> 'stopped'
    WHERE (c.state = 'running') <> (s.state = 'open' AND NOT EXISTS (
        SELECT FROM approvals_question k WHERE k.step_id = s.id AND k.ended_at IS NULL))
UNION ALL SELECT '7: two segments, or none, are open', c.id FROM time_clock c
    WHERE (SELECT count(*) FROM time_segment g WHERE g.clock_id = c.id AND g.end_at IS NULL)
       <> CASE c.state WHEN 'stopped' THEN 0 ELSE 1 END
"""


def check(memory: Memory, *, stale: bool = False) -> None:
    """Raises AssertionError that names the promise, and what broke it. `stale`: steps are behind a calendar."""
    with connection.cursor() as cursor:
        cursor.execute(BROKEN)
        assert not (rows := cursor.fetchall()), rows
    requests = list(Request.objects.select_related("unit", "snapshot").order_by("pk"))
    rounds = list(Round.objects.filter(closed_at=None))
    steps = list(Step.objects.filter(round__in=rounds).select_related("round"))
    check_asks(requests, steps)
    check_facts(requests, rounds)
    check_versions(requests, rounds, memory)
    check_clocks([] if stale else steps, memory)


@dataclass
class Memory:
    """What was, to compare with."""

    versions: dict[int, tuple[int, int]] = field(default_factory=dict)  # request → version, how often it was asked
    counted: set[int] = field(default_factory=set)  # stopped clocks, looked at since


def check_asks(requests: list[Request], steps: list[Step]) -> None:
    """The request holds what its open steps say: whom it asks, and when it is due."""
    by_request = defaultdict(list)
    for step in steps:
        if step.state == Step.State.OPEN:
            by_request[step.round.request_id].append(step)
    for request in requests:
        opened = by_request[request.pk]
        assert request.asks == sorted({key for step in opened for key in step.keys}), ("2: asks", request)
        assert len({step.order for step in opened}) <= 1, ("2: asked out of turn", request)
        due = min((step.due_at for step in opened if step.due_at), default=None)
        assert request.due_at == due, ("7: due", request, request.due_at, due)


def naive(facts: dict[str, Any]) -> dict[str, Any]:
    """What of the facts, as the acts here change them, is material."""
    if "hours" in facts:
        return {"hours": facts["hours"]}
    return {"amount": facts["amount"]["amount"], "client": facts["client"]["id"], "lines": facts["lines"]}


def check_facts(requests: list[Request], rounds: list[Round]) -> None:
    """5: what counts was decided on facts that are material as they are; for a step, as far as it answers for them."""
    by_pk = {request.pk: request for request in requests}
    live = Decision.objects.filter(round__in=rounds, void_at=None).select_related("snapshot", "step", "round")
    for decision in live:
        snapshot = by_pk[decision.round.request_id].snapshot
        assert snapshot is not None
        then, now = naive(decision.snapshot.facts), naive(snapshot.facts)
        moved = {key for key in now if then[key] != now[key]}
        assert not moved & set(decision.step.about or moved), ("5: what moved counts still", decision.pk, moved)


def check_versions(requests: list[Request], rounds: list[Round], memory: Memory) -> None:
    """6: only asking anew brings another version; its route is that version's, whatever was published since."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT subject, count(*) FROM audit_entry WHERE verb = 'approvals.request.ask' GROUP BY 1")
        asked = dict(cursor.fetchall())
    by_request = {round_.request_id: round_ for round_ in rounds}
    for request in requests:
        times = asked[request.audit_subject]
        version, before = memory.versions.setdefault(request.pk, (request.version_id, times))
        assert version == request.version_id or times > before, ("6: another version", request)
        memory.versions[request.pk] = (request.version_id, times)
        round_ = by_request.get(request.pk)
        if round_ is not None and request.snapshot is not None:
            found = policy.route(table_of(request.version_id), request.snapshot.facts, tuple(request.unit.ancestor_ids))
            kept = tuple(policy.spec_from_data(step) for step in round_.route["steps"])
            assert kept == found.steps, ("6: not the route of its version", request)


def table_of(version_id: int) -> policy.Version:
    return _table(version_id, PolicyVersion.objects.get(pk=version_id).policy_id)


@lru_cache(maxsize=512)
def _table(version_id: int, policy_id: int) -> policy.Version:
    return PolicyVersion.objects.select_related("policy").get(pk=version_id).table()


def check_clocks(steps: list[Step], memory: Memory) -> None:
    """7: what is stored is what the segments amount to, without gap or overlap; the step shows what its clock says."""
    clocks = Clock.objects.exclude(pk__in=memory.counted)
    segments = defaultdict(list)
    for segment in (
        Segment.objects.filter(clock__in=clocks).select_related("calendar_version").order_by("start_at", "pk")
    ):
        segments[segment.clock_id].append(segment)
    due = {}
    for clock in clocks:
        mine = segments[clock.pk]
        again = count(mine, goal_s=clock.goal_s, levels=Clock.LEVELS)
        running = clock.state == Clock.State.RUNNING
        assert clock.spent == again.spent == sum((each.worked or timedelta() for each in mine), timedelta()), clock
        assert all(each.worked == worked(each, each.end_at) for each in mine if each.end_at), clock
        assert clock.due_at == again.due_at, (clock, clock.due_at, again)
        assert clock.next_at == (again.next_at(clock.warned_level) if running else None), clock
        assert all(before.end_at == after.start_at for before, after in pairwise(mine)), ("7: a gap", clock)
        assert mine[0].start_at == clock.started_at, clock
        if clock.state == Clock.State.STOPPED:
            memory.counted.add(clock.pk)
        else:
            due[clock.subject] = clock.due_at
    for step in steps:
        if step.state == Step.State.OPEN:
            assert step.due_at == due[step.clock_subject], ("7: due", step.pk, step.due_at, due)


def lines_add_up(at: Any) -> None:
    """7: the ledger that people read has every minute of every clock once."""
    for clock in Clock.objects.all():
        lines = time.ledger(clock, at)
        assert all(before.end == after.start for before, after in pairwise(lines)), clock
        assert sum(line.seconds for line in lines) == time.elapsed(clock, at), clock
