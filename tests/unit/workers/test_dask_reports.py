"""The events of several executions of a task: each batch counts once."""

from support.tasks import Work

from parloader.plans.row_ranges import IndexRange
from parloader.workers.dask_reports import Assignment, Execution
from parloader.workers.events import BatchDone, Differs, Event, Retried, Started


def done(start: int, *, at: float = 0.0) -> BatchDone:
    return BatchDone(
        worker=0,
        table="t",
        batch=IndexRange(start, start + 10),
        generate_seconds=0,
        write_seconds=0,
        cpu_seconds=0,
        peak_rss_bytes=0,
        clock_seconds=at,
    )


def differs(missing: int) -> Differs:
    return Differs(worker=0, table="t", differences=(), missing=missing, different=0)


def test_a_batch_that_two_executions_report_counts_once_with_its_differences() -> None:
    assignment, events = Assignment(Work(worker=0)), list[Event]()
    first, second = Execution(worker=3, host="a"), Execution(worker=4, host="b")
    assignment.deliver(first, [differs(1), done(0), differs(2)], events.append)
    assignment.deliver(second, [differs(1), done(0), differs(2), done(10)], events.append)
    assignment.deliver(first, [done(10), done(20)], events.append)
    found = [(event.worker, event.missing if isinstance(event, Differs) else type(event).__name__) for event in events]
    assert found == [(3, 1), (3, "BatchDone"), (4, 2), (4, "BatchDone"), (3, "BatchDone")]
    assert (first.received, second.received) == (5, 4)


def test_times_are_those_of_this_machine() -> None:
    assignment, events = Assignment(Work(worker=0)), list[Event]()
    execution = Execution(worker=0, host="far")
    assignment.deliver(execution, [Started(worker=0, clock_seconds=1e9, cpu_seconds=0), done(0, at=1e9 + 5)], events.append)
    started, batch = events
    assert isinstance(started, Started)
    assert isinstance(batch, BatchDone)
    assert started.host == "far"
    assert 0 < started.clock_seconds < 1e9
    assert abs(batch.clock_seconds - started.clock_seconds - 5) < 0.5


def test_other_events_pass_at_once() -> None:
    events = list[Event]()
    retried = Retried(worker=0, table="t", batch=IndexRange(0, 10), reason="deadlock")
    Assignment(Work(worker=0)).deliver(Execution(worker=7, host=""), [differs(1), retried], events.append)
    assert [(type(event), event.worker) for event in events] == [(Retried, 7)]
