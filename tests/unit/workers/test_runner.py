"""Running tasks: who is told of the events of the workers."""

import pytest
from support.task_runs import no_worker_is_left  # noqa: F401
from support.tasks import Said, Say

from parloader.workers.events import Event, Finished
from parloader.workers.processes import LocalExecutor
from parloader.workers.progress import Progress
from parloader.workers.runner import run_tasks

pytestmark = pytest.mark.usefixtures("no_worker_is_left")


class Observer(Progress):
    """Keeps what it is told, and fails at a text."""

    def __init__(self, fails_at: str = "") -> None:
        self.events: list[Event] = []
        self.notes: list[str] = []
        self._fails_at = fails_at

    def observe(self, event: Event) -> None:
        if isinstance(event, Said) and event.text == self._fails_at:
            raise ZeroDivisionError("by zero")
        self.events.append(event)

    def note(self, message: str) -> None:
        self.notes.append(message)


def run(observer: Observer) -> list[Event]:
    """All events of two workers that say something."""
    also: list[Event] = []
    tasks = (Say(worker=0, texts=("a", "b", "c")), Say(worker=1, texts=("d",)))
    _stats, stopped = run_tasks(LocalExecutor(), tasks, observer, what="say", rows=4, also=also.append)
    assert not stopped
    return also


def test_the_observer_gets_every_event_in_order() -> None:
    observer = Observer()
    events = run(observer)
    assert observer.events == events
    assert [event.text for event in events if isinstance(event, Said) and event.worker == 0] == ["a", "b", "c"]
    assert observer.notes == []


def test_an_observer_that_fails_is_named_once_and_the_tasks_finish() -> None:
    observer = Observer(fails_at="b")
    events = run(observer)
    assert {event.worker for event in events if isinstance(event, Finished)} == {0, 1}
    assert [event.text for event in observer.events if isinstance(event, Said) and event.worker == 0] == ["a"]
    assert observer.notes == ["the observer of this step failed, so it gets no more events: ZeroDivisionError: by zero"]
