"""The Dask executor, with a scheduler and workers in the test's own process."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from distributed import Client, LocalCluster, Worker
from support.servers import until
from support.tasks import Crash, Fail, RunUntilStopped, Said, Say, WaitForTurns, Work

from parloader.database.target import Target
from parloader.errors import InternalError, ParloaderError, WriteFailed
from parloader.workers import dask_worker
from parloader.workers.dask_cluster import Cluster
from parloader.workers.dask_executor import STOP_PATIENCE_SECONDS, DaskExecutor, _Run
from parloader.workers.events import Event, Failed, Finished
from parloader.workers.execution import Execution, ExecutorName
from parloader.workers.executor import Supervisor, Task
from parloader.workers.stop_signal import StopSignal

TARGET = Target(user="ann", host="127.0.0.1", database="shop")


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, processes=False, dashboard_address="127.0.0.1:0", silence_logs=False) as local,
        Client(local, set_as_default=False) as client,
    ):
        yield client


class Watch(Supervisor):
    """Pauses the tasks, or ends them."""

    paused = False
    failure: Exception | None = None


@dataclass
class Command:
    """A call of the executor, and the events that it passes on."""

    client: Client
    execution: Execution = field(default_factory=lambda: Execution(executor=ExecutorName.DASK))
    stop: StopSignal = field(default_factory=StopSignal)
    watch: Watch = field(default_factory=Watch)
    stop_after: str = ""  # what a task says before it is interrupted
    events: list[Event] = field(default_factory=list)

    def run(self, *tasks: Task) -> None:
        DaskExecutor(Cluster(self.client, self.execution, TARGET, print)).run(tasks, self.on_event, self.stop, self.watch)

    def on_event(self, event: Event) -> None:
        self.events.append(event)
        if isinstance(event, Said) and event.text == self.stop_after:
            self.stop.requests = 1

    @property
    def said(self) -> list[str]:
        return [event.text for event in self.events if isinstance(event, Said)]


@pytest.fixture
def command(client: Client) -> Command:
    return Command(client)


TEXTS = [tuple(f"{number}-{text}" for text in range(20)) for number in range(5)]


def says(texts: Sequence[tuple[str, ...]] = TEXTS) -> list[Say]:
    return [Say(worker=number, texts=each) for number, each in enumerate(texts)]


def test_every_event_once_and_in_order(command: Command) -> None:
    command.run(*says())
    assert sorted(command.said) == sorted(text for texts in TEXTS for text in texts)
    for texts in TEXTS:
        assert [text for text in command.said if text in texts] == list(texts)
    assert {event.worker for event in command.events} <= {0, 1}
    assert sum(isinstance(event, Finished) for event in command.events) == len(TEXTS)


def test_events_whose_reports_are_lost_come_with_the_result(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    log = Worker.log_event

    def lose(worker: Worker, topic: str, message: dict[str, Any]) -> None:
        if message.get("first") != 0:
            log(worker, topic, message)

    monkeypatch.setattr(Worker, "log_event", lose)
    monkeypatch.setattr(dask_worker, "SEND_SECONDS", 0.0)
    command.run(*says())
    assert sorted(command.said) == sorted(text for texts in TEXTS for text in texts)


def test_at_most_as_many_at_the_same_time_as_allowed(command: Command) -> None:
    command.execution = replace(command.execution, most_tasks=1)
    command.run(*says())
    assert command.said == [text for texts in TEXTS for text in texts]


def test_a_stop_request_ends_running_tasks_and_those_that_wait(command: Command) -> None:
    command.stop_after = "begun"
    command.run(*(RunUntilStopped(worker=number) for number in range(4)))
    assert set(command.said) == {"begun", "stopped"}
    assert command.said.count("begun") <= 2


def test_a_failed_task_ends_the_others(command: Command) -> None:
    with pytest.raises(WriteFailed, match=r"^Dask worker on .*: writing some_table, rows 10 to 19 failed\. Try again$"):
        command.run(RunUntilStopped(worker=0), Fail(worker=1))
    assert "not stopped" not in command.said
    assert sum(isinstance(event, Failed) for event in command.events) == 1


def test_an_unexpected_error_is_a_bug(command: Command) -> None:
    with pytest.raises(InternalError, match="ZeroDivisionError: by zero"):
        command.run(Crash(worker=0))


def test_a_failure_of_the_supervisor_ends_all(command: Command) -> None:
    command.watch.failure = ParloaderError("the lease is lost")
    with pytest.raises(ParloaderError, match="the lease is lost"):
        command.run(RunUntilStopped(worker=0))
    assert "not stopped" not in command.said


def test_paused_tasks_wait(command: Command) -> None:
    command.watch.paused = True

    class Resume(Watch):
        paused_until = time.monotonic() + 2

        @property
        def paused(self) -> bool:  # type: ignore[override]
            return time.monotonic() < self.paused_until

    command.watch, command.stop_after = Resume(), "had a turn"
    command.run(WaitForTurns(worker=0))
    assert command.said[0] == "begun"
    assert time.monotonic() >= Resume.paused_until


def test_a_task_that_somebody_cancels_is_repeated(command: Command) -> None:
    submit, futures = command.client.submit, list[Any]()

    def submit_and_cancel(*arguments: Any, **options: Any) -> Any:
        futures.append(submit(*arguments, **options))
        if len(futures) == 1:
            command.client.cancel(futures)
        return futures[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(command.client, "submit", submit_and_cancel)
        command.run(*says(TEXTS[:1]))
    repeated = len(command.said) - len(TEXTS[0])  # said before the cancellation came
    assert command.said == [*TEXTS[0][:repeated], *TEXTS[0]]
    assert len(futures) == 2


def test_a_worker_that_hears_nothing_of_the_command_stops(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command has hung for a while, so its tasks are done again."""
    monkeypatch.setattr(dask_worker, "LOST_SECONDS", 0.5)
    monkeypatch.setattr("parloader.workers.dask_orders.ORDERS_SECONDS", 3.0)
    monkeypatch.setattr(dask_worker, "ORDERS_SECONDS", 0.1)
    command.stop_after = "stopped"
    command.run(RunUntilStopped(worker=0))
    assert command.said[:2] == ["begun", "stopped"]


def test_nothing_is_left_in_the_scheduler(command: Command) -> None:
    def kept(dask_scheduler: Any) -> set[str]:
        return {*map(str, dask_scheduler.tasks), *dask_scheduler.extensions["variables"].variables}

    before: set[str] = command.client.run_on_scheduler(kept)
    command.run(*says())
    until(lambda: command.client.run_on_scheduler(kept) <= before, "the scheduler has forgotten the tasks")


def test_no_task_is_no_work(command: Command) -> None:
    command.run()
    assert command.events == []


def test_how_many_tasks(client: Client) -> None:
    executor = DaskExecutor(Cluster(client, Execution(executor=ExecutorName.DASK), TARGET, print))
    assert executor.capacity == 2
    assert executor.task_count(1) == 8


def test_a_task_that_does_nothing(command: Command) -> None:
    command.run(Work(worker=0))
    assert [type(event) for event in command.events] == [Finished]


def test_an_execution_that_begins_while_the_tasks_end_ends_at_once(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """Dask has repeated the task of a worker that is gone. Without an answer, it would occupy its worker until it gives up."""
    monkeypatch.setattr(dask_worker, "LOST_SECONDS", 3 * STOP_PATIENCE_SECONDS)
    begin, runs = _Run._begin, set[_Run]()

    def interrupted(run: _Run, *arguments: Any) -> None:
        runs.add(run)
        command.stop.requests = 1  # after it was asked for, so the executions have begun for Dask
        begin(run, *arguments)

    monkeypatch.setattr(_Run, "_begin", interrupted)
    command.run(*says())
    assert [run.unfinished for run in runs] == [{}]  # it did not run out of patience
    assert command.said == []
