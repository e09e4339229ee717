"""When the orders of a command count as lost."""

import time
from typing import Any
from unittest.mock import Mock

import pytest
from support.servers import until

from parloader.database.target import Target
from parloader.errors import SchedulerLost
from parloader.workers import dask_orders
from parloader.workers.dask_cluster import Cluster
from parloader.workers.dask_orders import HANGS_SECONDS, Orders
from parloader.workers.execution import Execution, ExecutorName


class Scheduler:
    """Takes the place of Dask's variables. Counts what is written."""

    def __init__(self) -> None:
        self.written = 0
        self.error: Exception | None = None

    def set(self, _value: object, **_options: object) -> None:
        if self.error:
            raise self.error
        self.written += 1


@pytest.fixture
def scheduler(monkeypatch: pytest.MonkeyPatch) -> Scheduler:
    scheduler = Scheduler()
    monkeypatch.setattr(dask_orders, "Variable", lambda *_, **__: scheduler)
    return scheduler


@pytest.fixture
def orders() -> Orders:
    client = Mock(status="running")
    client.sync.return_value = {"address": "tcp://127.0.0.1:8786", "workers": {}}
    target = Target(user="ann", host="127.0.0.1", database="shop")
    return Orders(Cluster(client, Execution(executor=ExecutorName.DASK), target, lambda _: None), "orders")


def late(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing has run for longer than a scheduler may hang."""
    clock: Any = Mock(monotonic=lambda: time.monotonic() + 2 * HANGS_SECONDS)
    monkeypatch.setattr(dask_orders, "time", clock)


def test_a_command_that_was_suspended_has_not_lost_its_scheduler(
    orders: Orders, scheduler: Scheduler, monkeypatch: pytest.MonkeyPatch
) -> None:
    orders.start()
    until(lambda: scheduler.written > 1, "the thread writes")
    monkeypatch.setattr(orders, "_over", Mock(is_set=lambda: True))  # the thread ends; what it has written stays
    orders._thread.join()
    late(monkeypatch)
    assert orders.failure is None


def test_orders_that_cannot_be_written_for_long(orders: Orders, scheduler: Scheduler, monkeypatch: pytest.MonkeyPatch) -> None:
    orders.start()
    scheduler.error = OSError("gone")
    orders.update(stop=True)
    until(lambda: orders._trying_since is not None, "the thread tries")
    assert orders.failure is None
    late(monkeypatch)
    assert "hangs" in str(orders.failure)
    monkeypatch.setattr(orders, "_over", Mock(is_set=lambda: True))


@pytest.mark.parametrize(("error", "how"), [(TimeoutError(), "hangs"), (OSError("closed"), "was lost")])
def test_a_scheduler_that_does_not_answer_at_the_start(orders: Orders, scheduler: Scheduler, error: Exception, how: str) -> None:
    scheduler.error = error
    with pytest.raises(SchedulerLost, match=how):
        orders.start()
