import multiprocessing
import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest
from support.servers import until
from support.task_runs import TaskRun, no_worker_is_left, started, workers  # noqa: F401
from support.tasks import (
    Crash,
    Die,
    DieUntil,
    Fail,
    InterruptItself,
    InterruptTheParent,
    Leave,
    NeverStop,
    RunUntilStopped,
    Said,
    Say,
    SayEnvironment,
    WaitForTurns,
    Work,
)

from parloader import signals
from parloader.errors import AnotherRun, ParloaderError, WorkerDied, WriteFailed
from parloader.workers.events import Died, Event, Failed
from parloader.workers.executor import Supervisor
from parloader.workers.processes import LocalExecutor
from parloader.workers.stop_signal import StopSignal
from parloader.workers.worker import PipeChannel

pytestmark = pytest.mark.usefixtures("no_worker_is_left")


def test_every_event_of_every_worker_arrives_in_order() -> None:
    texts = tuple(str(n) for n in range(2000))
    run = TaskRun().of(Say(worker=0, texts=texts), Say(worker=1, texts=("one", "word")), Work(worker=2))
    assert (run.said(0), run.said(1), run.said(2)) == (list(texts), ["one", "word"], [])
    assert run.finished == {0, 1, 2}


def test_no_tasks() -> None:
    assert TaskRun().of().events == []


def test_the_error_of_a_task_is_raised_and_the_others_are_stopped() -> None:
    run = TaskRun()
    with pytest.raises(WriteFailed) as caught:
        run.of(RunUntilStopped(worker=0), Fail(worker=1), RunUntilStopped(worker=2))
    assert (caught.value.message, caught.value.next_step) == ("writing some_table, rows 10 to 19 failed", "Try again")
    assert run.said(0) == run.said(2) == ["begun", "stopped"]
    assert run.finished == {0, 2}


def test_an_unexpected_error_is_raised_as_a_parloader_error() -> None:
    run = TaskRun()
    with pytest.raises(ParloaderError, match="ZeroDivisionError: by zero"):
        run.of(Crash(worker=0))
    (failed,) = run.events
    assert isinstance(failed, Failed)
    assert "in run" in failed.traceback_text


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV])
def test_a_worker_that_is_killed_is_named_and_the_others_are_stopped(number: signal.Signals) -> None:
    run = TaskRun()
    with pytest.raises(WorkerDied) as caught:
        run.of(RunUntilStopped(worker=0), Die(worker=3, signal_number=number))
    assert "worker 3 was killed by " + number.name in caught.value.message
    assert "while working on some_table, rows 30 to 39" in caught.value.message
    assert ("out of memory" in caught.value.message) is (number == signal.SIGKILL)
    assert caught.value.next_step
    assert run.said(3) == ["last words"]
    assert run.said(0) == ["begun", "stopped"]


@pytest.mark.parametrize("status", [0, 7])
def test_a_worker_that_ends_without_a_result_has_died(status: int) -> None:
    with pytest.raises(WorkerDied, match=f"worker 5 ended with status {status} while working on some_table, rows 50 to 59"):
        TaskRun().of(Leave(worker=5, status=status))


@pytest.mark.parametrize("restarts", [1, 2])
def test_a_dead_worker_is_replaced(restarts: int) -> None:
    run = TaskRun().of(DieUntil(worker=0, restarts=restarts), Say(worker=1, texts=("here",)))
    assert run.said(1 + restarts) == ["done"]
    deaths = [(event.worker, event.replaced_by) for event in run.events if isinstance(event, Died)]
    assert deaths == [(0, 2), (2, 3)][:restarts]
    assert run.finished == {1, 1 + restarts}


def test_a_worker_that_dies_after_a_stop_is_not_replaced_and_no_failure() -> None:
    """A signal to a whole service (systemd, a closed terminal) reaches the workers too."""
    run = TaskRun()
    run.stop.requests = 1
    run.of(RunUntilStopped(worker=0), DieUntil(worker=1, restarts=1))
    assert run.said(2) == []
    assert [event.worker for event in run.events if isinstance(event, Died)] == [1]


class Switch(Supervisor):
    """Pauses and fails as the test says."""

    def __init__(self) -> None:
        self.is_paused = False
        self.error: Exception | None = None

    @property
    def paused(self) -> bool:
        return self.is_paused

    @property
    def failure(self) -> Exception | None:
        return self.error


def test_workers_pause_and_resume() -> None:
    watch, stop = Switch(), StopSignal()
    watch.is_paused = True
    heard: list[str] = []

    def release() -> None:
        until(lambda: heard == ["begun"] * 2, "both have begun")
        watch.is_paused = False
        until(lambda: heard.count("had a turn") > 4, "they resume")
        stop.requests = 1

    with ThreadPoolExecutor() as thread:
        releasing = thread.submit(release)
        LocalExecutor().run(
            [WaitForTurns(worker=0), WaitForTurns(worker=1)], lambda e: heard.append(e.text) if isinstance(e, Said) else None, stop, watch
        )
        releasing.result()
    assert heard.count("stopped") == 2


def test_workers_that_are_paused_or_rest_stop() -> None:
    watch = Switch()
    watch.is_paused = True
    run = TaskRun(asks_to_stop=1)
    run.watch = watch
    assert run.of(WaitForTurns(worker=0), WaitForTurns(worker=1)).said(0) == ["begun", "stopped"]
    assert TaskRun(asks_to_stop=1).of(WaitForTurns(worker=0, rest_seconds=1000)).said(0) == ["begun", "stopped"]


def test_a_supervisor_that_fails_ends_all_workers() -> None:
    watch = Switch()
    watch.error = AnotherRun("overtaken")
    run = TaskRun()
    run.watch = watch
    with pytest.raises(AnotherRun, match="overtaken"):
        run.of(RunUntilStopped(worker=0), WaitForTurns(worker=1))
    assert run.said(0)[-1] == run.said(1)[-1] == "stopped"


def test_workers_end_early_on_request() -> None:
    run = TaskRun(asks_to_stop=1).of(RunUntilStopped(worker=0), RunUntilStopped(worker=1))
    assert run.said(0) == run.said(1) == ["begun", "stopped"]
    assert run.finished == {0, 1}


def test_a_stop_before_the_start_counts() -> None:
    run = TaskRun()
    run.stop.requests = 1
    assert run.of(RunUntilStopped(worker=0)).said(0) == ["begun", "stopped"]


def test_a_second_request_kills_a_worker_that_does_not_stop(tmp_path: Path) -> None:
    run = TaskRun(asks_to_stop=2).of(NeverStop(worker=0, file=tmp_path / "survived"))
    (pid,) = run.said(0)
    assert not psutil.pid_exists(int(pid))
    assert not (tmp_path / "survived").exists()
    assert run.finished == set()


def test_an_observer_that_fails_leaves_no_worker(tmp_path: Path) -> None:
    def on_event(event: Event) -> None:
        raise LookupError("the observer's")

    with pytest.raises(LookupError):
        LocalExecutor().run([NeverStop(worker=0, file=tmp_path / "survived")], on_event, StopSignal(), Supervisor())
    assert not (tmp_path / "survived").exists()


@pytest.mark.parametrize("before", [None, "5"])
def test_a_worker_has_one_polars_thread(before: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    if before is None:
        monkeypatch.delenv("POLARS_MAX_THREADS", raising=False)
    else:
        monkeypatch.setenv("POLARS_MAX_THREADS", before)
    assert TaskRun().of(SayEnvironment(worker=0, name="POLARS_MAX_THREADS")).said(0) == ["1"]
    assert os.environ.get("POLARS_MAX_THREADS") == before


@pytest.fixture
def ctrl_c_ends_processes() -> Iterator[None]:
    """Also where the tests run in the background, which ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("ctrl_c_ends_processes")
def test_ctrl_c_does_not_reach_a_worker() -> None:
    assert TaskRun().of(InterruptItself(worker=0), InterruptItself(worker=1)).finished == {0, 1}
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, ())


def test_ctrl_c_is_not_lost_while_workers_start() -> None:
    asked: list[int] = []
    with StopSignal() as stop:

        def on_event(_: Event) -> None:
            asked.append(stop.requests)
            stop.requests = 1

        LocalExecutor().run([InterruptTheParent(worker=0)], on_event, stop, Supervisor())
    assert asked[0] == 1


def test_a_worker_whose_parent_is_gone_stops() -> None:
    parent_end, worker_end = multiprocessing.get_context("spawn").Pipe()
    with worker_end:
        channel = PipeChannel(worker_end)
        assert not channel.stopping
        parent_end.close()
        assert channel.stopping


def test_a_worker_that_cannot_report_stops() -> None:
    parent_end, worker_end = multiprocessing.get_context("spawn").Pipe()
    with worker_end:
        channel = PipeChannel(worker_end)
        parent_end.close()
        channel.send(Said(worker=0, text="anybody?"))
        assert channel.stopping


@pytest.fixture
def own_handlers() -> Iterator[None]:
    """The handlers of the command. Afterwards, those of the tests are back."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    signals.end_at_once()
    signals.raise_interrupts()
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("own_handlers")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stop_notes_signals_and_puts_the_handlers_back(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with StopSignal() as stop:
        signal.raise_signal(number)
        signal.raise_signal(number)
        assert stop.requests == 2
    assert signal.getsignal(number) is before


def test_stop_notes_ctrl_c_and_leaves_the_handlers_of_a_caller_alone() -> None:
    """A library's caller: the signals that end its process still do."""
    before = {number: signal.getsignal(number) for number in signal.valid_signals()}
    with StopSignal() as stop:
        signal.raise_signal(signal.SIGINT)
        assert stop.requests == 1
        assert {number for number in before if signal.getsignal(number) is not before[number]} == {signal.SIGINT}
    assert {number: signal.getsignal(number) for number in before} == before
    signal.signal(signal.SIGINT, lambda *_: None)  # such as asyncio's
    try:
        with StopSignal() as stop:
            signal.raise_signal(signal.SIGINT)
        assert stop.requests == 0
    finally:
        signal.signal(signal.SIGINT, before[signal.SIGINT])


def test_stop_in_a_thread_leaves_all_handlers_alone() -> None:
    before = signal.getsignal(signal.SIGINT)

    def handler() -> object:
        with StopSignal():
            return signal.getsignal(signal.SIGINT)

    with ThreadPoolExecutor() as threads:
        assert threads.submit(handler).result() is before
