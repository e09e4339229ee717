"""Workers that start before their tasks are known, and wait for more tasks when they have done one."""

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import psutil
import pytest
from support.servers import until
from support.task_runs import TaskRun, interpreters, is_dead, no_worker_is_left, started, workers  # noqa: F401
from support.tasks import (
    PATIENCE_SECONDS,
    Burn,
    Die,
    DieAfterItsParent,
    Fail,
    RunUntilStopped,
    Said,
    Say,
    SayCpuTime,
    SayProcess,
    SayTemplate,
    Work,
)

from parloader.errors import WorkerDied, WriteFailed
from parloader.workers.events import Event
from parloader.workers.executor import Supervisor
from parloader.workers.processes import LocalExecutor
from parloader.workers.starting import ForkedWorker, Template
from parloader.workers.stop_signal import StopSignal
from parloader.workers.worker import Assignment, Command, receive_task, run_task

pytestmark = pytest.mark.usefixtures("no_worker_is_left")


def test_processes_that_started_before_their_tasks_were_known() -> None:
    events: list[Event] = []
    executor = LocalExecutor()
    with executor.ready(2, Say.__module__):
        early = started(2)
        executor.run(
            [Say(worker=n, texts=(str(n),)) for n in range(3)], events.append, StopSignal(), Supervisor()
        )  # one more than are ready
        assert early < {process.pid for process in workers()}
    assert sorted(event.text for event in events if isinstance(event, Said)) == ["0", "1", "2"]


def test_workers_wait_for_the_next_tasks_until_the_context_ends() -> None:
    run = TaskRun()
    with run.executor.ready(0, SayProcess.__module__):
        for _ in range(3):
            run.of(SayProcess(worker=0), SayProcess(worker=1))
        assert len(workers()) == 2
    assert not interpreters()
    pids = [*run.said(0), *run.said(1)]
    assert len(pids) == 6
    assert len(set(pids)) == 2


def has_ended(process: psutil.Process) -> bool:
    """Whether its end of the pipe is closed: a process loses its command line a little earlier."""
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_a_worker_that_dies_between_two_tasks_gets_none() -> None:
    run = TaskRun()
    with run.executor.ready(0, SayProcess.__module__):
        run.of(SayProcess(worker=0), SayProcess(worker=1))
        (victim, other) = workers()
        victim.kill()
        until(lambda: has_ended(victim), "it is dead")
        run.of(SayProcess(worker=2), SayProcess(worker=3))
    after = {*run.said(2), *run.said(3)}
    assert len(after) == 2
    assert str(other.pid) in after
    assert str(victim.pid) not in after


@pytest.mark.skipif(sys.platform != "linux", reason="workers are spawned, and nothing forks them")
def test_the_template_dies_and_the_next_worker_has_another() -> None:
    run = TaskRun()
    with run.executor.ready(0, SayProcess.__module__):
        run.of(SayProcess(worker=0), SayProcess(worker=1))
        (template,) = interpreters()
        assert {process.ppid() for process in workers()} == {template.pid}
        template.kill()
        until(lambda: is_dead(template), "it is dead")
        run.of(*(SayProcess(worker=n) for n in range(2, 5)))  # one more than there are
        with pytest.raises(WorkerDied, match="while working on some_table"):
            run.of(*(Die(worker=n, signal_number=signal.SIGKILL) for n in range(5, 8)))  # the two of the dead template as well
        run.of(SayProcess(worker=8), SayProcess(worker=9))  # the second template lives on
        assert {process.ppid() for process in workers()} == {process.pid for process in interpreters()}
    assert len({*run.said(2), *run.said(3), *run.said(4)}) == 3
    assert {*run.said(0), *run.said(1)} < {*run.said(2), *run.said(3), *run.said(4)}


@pytest.mark.skipif(sys.platform != "linux", reason="workers are spawned, and nothing forks them")
def test_a_worker_whose_template_is_dead_dies_with_an_unknown_status() -> None:
    with pytest.raises(WorkerDied, match="worker 1 ended while working on some_table, rows 10 to 19"):
        TaskRun().of(RunUntilStopped(worker=0), DieAfterItsParent(worker=1))


@pytest.mark.skipif(sys.platform != "linux", reason="workers are spawned, and nothing forks them")
def test_a_template_that_is_stopped_blocks_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is replaced when an answer is overdue. The timer continues it, so that a broken executor fails the test instead of blocking it."""
    monkeypatch.setattr("parloader.workers.starting.ANSWER_SECONDS", 0.1)
    run = TaskRun()
    with run.executor.ready(0, SayProcess.__module__):
        run.of(SayProcess(worker=0))
        (template,) = interpreters()
        with stopped(template):
            with pytest.raises(WorkerDied, match="worker 1 ended while working on some_table"):
                run.of(Die(worker=1, signal_number=signal.SIGKILL))
            until(lambda: is_dead(template), "it is dead")
            run.of(SayProcess(worker=2))  # by another template


@pytest.mark.skipif(sys.platform != "linux", reason="workers are spawned, and nothing forks them")
def test_a_template_that_is_stopped_does_not_delay_the_end() -> None:
    source = Template()
    pipe, worker = source.start(SayProcess.__module__)
    assert isinstance(worker, ForkedWorker)
    until(lambda: source.has_started(worker), "the worker has started")
    pipe.close()
    worker.join()
    (template,) = interpreters()
    with stopped(template):
        source.close()


@contextmanager
def stopped(process: psutil.Process) -> Iterator[None]:
    """Asserts that nothing in the block waits for the stopped process."""
    assert process.pid
    os.kill(process.pid, signal.SIGSTOP)
    timer = threading.Timer(PATIENCE_SECONDS, os.kill, (process.pid, signal.SIGCONT))
    timer.start()
    try:
        yield
        assert timer.is_alive()
    finally:
        timer.cancel()


@pytest.mark.skipif(sys.platform != "linux", reason="there are no forks")
def test_what_is_forked_has_one_thread_and_no_polars() -> None:
    """A fork of a process with threads may inherit a lock that is never released. `import polars` starts threads."""
    run = TaskRun()
    run.of(SayTemplate(worker=0), SayTemplate(worker=1))
    assert [*run.said(0), *run.said(1)] == ["1 thread, Polars: False"] * 2


def test_an_order_that_comes_too_late_does_not_reach_the_next_task() -> None:
    """The parent pauses and stops workers without knowing whether they have finished."""
    parent_end, worker_end = multiprocessing.Pipe()
    for message in (Command.PAUSE, Command.STOP, Assignment(Say(worker=0, texts=("turned up",)))):
        parent_end.send(message)
    with parent_end, worker_end:
        assert run_task(receive_task(worker_end), worker_end)
        assert parent_end.recv() == Said(worker=0, text="turned up")


def test_the_cpu_time_of_a_task_is_that_of_no_other() -> None:
    run = TaskRun()
    with run.executor.ready(0, Work.__module__):
        run.of(Burn(worker=0, cpu_seconds=0.3), Work(worker=1))
        run.of(SayCpuTime(worker=0), SayCpuTime(worker=1))
    assert all(float(text) < 0.3 for worker in (0, 1) for text in run.said(worker))


def test_a_worker_that_failed_gets_no_other_task() -> None:
    run = TaskRun()
    with run.executor.ready(0, Work.__module__):
        with pytest.raises(WriteFailed):
            run.of(Fail(worker=0), Work(worker=1))
        assert len(workers()) == 1


def test_a_context_within_another_starts_only_what_is_missing() -> None:
    executor = LocalExecutor()
    with executor.ready(1, Say.__module__):
        early = started(1)
        with executor.ready(2, Say.__module__):
            assert early < started(2)
        assert len(workers()) == 2
    assert not interpreters()


def test_processes_that_never_get_a_task_end_with_the_caller() -> None:
    with pytest.raises(LookupError), LocalExecutor().ready(2, Say.__module__):
        raise LookupError("the caller's")
    assert not interpreters()
