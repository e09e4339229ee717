"""Commands that a test runs in its own process have threads as workers, unless the test is marked `processes`."""

from multiprocessing.connection import Connection

import pytest

from parloader.workers.starting import Worker, start_thread


class Threads:
    """In place of the source of processes."""

    def start(self, _: str) -> "tuple[Connection[object, object], Worker]":
        return start_thread()

    def close(self) -> None:
        pass


@pytest.fixture(autouse=True)
def workers_are_threads(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if "processes" not in request.keywords:
        monkeypatch.setattr("parloader.workers.processes.worker_source", Threads)
