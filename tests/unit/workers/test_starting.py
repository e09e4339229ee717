"""A single small task runs in a thread of the command's process, by the same rules as in a process of its own. Others run in processes that are forked or spawned."""

import os
import signal
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest
from support.servers import until
from support.task_runs import interpreters
from support.tasks import Crash, Die, DieUntil, Fail, RunUntilStopped, Said, Say, SayProcess, WaitForTurns, Work

from parloader.errors import AnotherRun, ParloaderError, WorkerDied
from parloader.workers.events import Event, Failed, Finished, RunsInParent
from parloader.workers.executor import Supervisor, Task, WorkerChannel
from parloader.workers.processes import LocalExecutor
from parloader.workers.starting import Spawner, Template, worker_source
from parloader.workers.stop_signal import StopSignal

# A task that nobody stops ends by itself
PATIENCE_SECONDS = 30

RELEASED = threading.Event()


@dataclass(frozen=True, kw_only=True)
class Small:
    """Another task, as one that is small."""

    task: Work

    is_small = True

    @property
    def worker(self) -> int:
        return self.task.worker

    def run(self, channel: WorkerChannel) -> None:
        self.task.run(channel)

    def reassigned_to(self, worker: int) -> None:
        return None


@dataclass(frozen=True, kw_only=True)
class Panic(Work):
    """Raises what is no Exception, as Polars does after a panic."""

    def run(self, channel: WorkerChannel) -> None:
        class PanicException(BaseException):
            pass

        raise PanicException("index out of bounds")


@dataclass(frozen=True, kw_only=True)
class Hang(Work):
    """Does not look whether it is to stop, until RELEASED."""

    def run(self, channel: WorkerChannel) -> None:
        channel.send(Said(worker=self.worker, text="begun"))
        RELEASED.wait(PATIENCE_SECONDS)


@dataclass(kw_only=True)
class Watch(Supervisor):
    is_paused: bool = False
    error: Exception | None = None

    @property
    def paused(self) -> bool:
        return self.is_paused

    @property
    def failure(self) -> Exception | None:
        return self.error


def events_of(*tasks: Task, stop: StopSignal | None = None, watch: Supervisor | None = None) -> list[Event]:
    events: list[Event] = []
    LocalExecutor().run(tasks, events.append, stop or StopSignal(), watch or Supervisor())
    assert not interpreters()
    return events


def has_thread() -> bool:
    return any(thread.name == "parloader worker" for thread in threading.enumerate())


def said(events: list[Event]) -> list[str]:
    return [event.text for event in events if isinstance(event, Said)]


def test_it_runs_in_this_process_and_the_parent_is_told() -> None:
    events = events_of(Small(task=SayProcess(worker=3)))
    assert events[0] == RunsInParent(worker=3)
    assert said(events) == [str(os.getpid())]
    assert events[-1] == Finished(worker=3)


def test_several_small_tasks_have_a_process_each() -> None:
    pids = said(events_of(*(Small(task=SayProcess(worker=n)) for n in range(2))))
    assert len(set(pids)) == 2
    assert str(os.getpid()) not in pids


def test_a_process_that_is_ready_is_used() -> None:
    events: list[Event] = []
    executor = LocalExecutor()
    with executor.ready(1, SayProcess.__module__):
        executor.run([Small(task=SayProcess(worker=0))], events.append, StopSignal(), Supervisor())
    assert said(events) != [str(os.getpid())]


def test_every_event_arrives_in_order() -> None:
    texts = tuple(str(n) for n in range(2000))
    assert said(events_of(Small(task=Say(worker=0, texts=texts)))) == list(texts)


@pytest.mark.parametrize(
    ("task", "error"),
    [
        (Fail(worker=0), "writing some_table, rows 00 to 09 failed"),
        (Crash(worker=0), "ZeroDivisionError: by zero"),
        (Panic(worker=0), "PanicException: index out of bounds"),
    ],
    ids=["a ParloaderError", "an Exception", "a panic of Polars"],
)
def test_its_error_is_raised(task: Work, error: str) -> None:
    events: list[Event] = []
    with pytest.raises(ParloaderError, match=error):
        LocalExecutor().run([Small(task=task)], events.append, StopSignal(), Supervisor())
    assert isinstance(events[-1], Failed)
    assert "in run" in events[-1].traceback_text


def test_the_error_of_its_supervisor_stops_it() -> None:
    events: list[Event] = []
    with pytest.raises(AnotherRun, match="overtaken"):
        LocalExecutor().run([Small(task=RunUntilStopped(worker=0))], events.append, StopSignal(), Watch(error=AnotherRun("overtaken")))
    assert said(events) == ["begun", "stopped"]


def test_ctrl_c_stops_it_after_its_batch() -> None:
    events: list[Event] = []

    def on_event(event: Event) -> None:
        events.append(event)
        if isinstance(event, Said) and event.text == "begun":
            signal.raise_signal(signal.SIGINT)

    with StopSignal() as stop:
        LocalExecutor().run([Small(task=RunUntilStopped(worker=0))], on_event, stop, Supervisor())
        assert stop.requests == 1
    assert said(events) == ["begun", "stopped"]
    assert events[-1] == Finished(worker=0)


def test_a_second_ctrl_c_does_not_wait_for_it() -> None:
    events: list[Event] = []

    def on_event(event: Event) -> None:
        events.append(event)
        if isinstance(event, Said):
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)

    with StopSignal() as stop:
        LocalExecutor().run([Small(task=Hang(worker=0))], on_event, stop, Supervisor())
    assert has_thread()  # only the end of the process ends it
    assert Finished(worker=0) not in events
    RELEASED.set()
    until(lambda: not has_thread(), "the thread has ended")


def test_it_pauses_and_resumes() -> None:
    watch, stop = Watch(is_paused=True), StopSignal()
    heard: list[str] = []

    def release() -> None:
        try:
            until(lambda: heard == ["begun"], "it has begun")
            watch.is_paused = False
            until(lambda: heard.count("had a turn") > 2, "it resumes")
        finally:
            stop.requests = 1

    with ThreadPoolExecutor() as thread:
        releasing = thread.submit(release)
        LocalExecutor().run(
            [Small(task=WaitForTurns(worker=0))], lambda e: heard.append(e.text) if isinstance(e, Said) else None, stop, watch
        )
        releasing.result()
    assert heard[-1] == "stopped"


def test_a_parent_that_fails_stops_it() -> None:
    def on_event(event: Event) -> None:
        if isinstance(event, Said):
            raise LookupError("the observer's")

    with pytest.raises(LookupError):
        LocalExecutor().run([Small(task=RunUntilStopped(worker=0))], on_event, StopSignal(), Supervisor())
    until(lambda: not has_thread(), "the thread has ended")


def test_workers_are_forked_on_linux_and_spawned_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(worker_source(), Template if sys.platform == "linux" else Spawner)
    monkeypatch.setattr(sys, "platform", "darwin")
    assert isinstance(worker_source(), Spawner)


def test_spawned_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on macOS: each is a child of this process, is used again, and its death is seen."""
    monkeypatch.setattr("parloader.workers.processes.worker_source", Spawner)
    events: list[Event] = []
    executor = LocalExecutor()
    with executor.ready(2, SayProcess.__module__):
        children = {str(process.pid) for process in interpreters()}
        for _ in range(2):
            executor.run([SayProcess(worker=n) for n in range(2)], events.append, StopSignal(), Supervisor())
        assert set(said(events)) == children
        assert len(said(events)) == 4
        executor.run([DieUntil(worker=0, restarts=1)], events.append, StopSignal(), Supervisor())
        with pytest.raises(WorkerDied, match="worker 0 was killed by SIGTERM"):
            executor.run([Die(worker=0, signal_number=signal.SIGTERM)], events.append, StopSignal(), Supervisor())
    assert said(events)[4:] == ["done", "last words"]
    assert not interpreters()


@pytest.mark.skipif(sys.platform != "linux", reason="there are no forks")
def test_more_workers_than_answers_fit_into_a_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("parloader.workers.starting.MOST_UNANSWERED", 2)
    pids = said(events_of(*(SayProcess(worker=n) for n in range(12))))
    assert len(set(pids)) == 12
