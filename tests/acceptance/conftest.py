"""Commands that a test runs in its own process have threads as workers, unless the test is marked `processes`."""

import pytest

from parloader.workers.starting import Threads


@pytest.fixture(autouse=True)
def workers_are_threads(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if "processes" not in request.keywords:
        monkeypatch.setattr("parloader.workers.processes.worker_source", Threads)
