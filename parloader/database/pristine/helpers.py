"""Runs statements of a reset on several connections at the same time."""

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import TypeVar

from parloader.database import error_codes
from parloader.database.driver import Connection
from parloader.database.session import connect
from parloader.database.target import Target

T = TypeVar("T")

Item = TypeVar("Item")

# A reset is to leave something of the machine to others
MAX_CONNECTIONS = 4


class Helpers:
    """A connection, and after `open` more of them, which end with the block."""

    def __init__(self, connection: Connection, target: Target) -> None:
        self.connection = connection
        self._target = target
        self._idle: SimpleQueue[Connection] = SimpleQueue()
        self._idle.put(connection)
        self._opened: list[Connection] = []
        self._pool: ThreadPoolExecutor | None = None

    def __enter__(self) -> "Helpers":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._pool:
            self._pool.shutdown()
        for connection in self._opened:
            error_codes.close(connection)

    def open(self) -> None:
        """Allows more connections, which are opened when they are needed, if this machine can do several things at a time."""
        count = min(os.cpu_count() or 1, MAX_CONNECTIONS)
        if count > 1 and not self._pool:
            self._pool = ThreadPoolExecutor(count, thread_name_prefix="parloader reset")

    def each(self, items: Iterable[Item], action: Callable[[Connection, Item], T]) -> list[T]:
        """What the action returns for each item. Raises the first error, when no action runs any more."""
        if self._pool is None:
            return [action(self.connection, item) for item in items]
        running = [self._pool.submit(self._on_idle, action, item) for item in items]
        wait(running)
        return [one.result() for one in running]

    def _on_idle(self, action: Callable[[Connection, Item], T], item: Item) -> T:
        connection = self._take()
        try:
            return action(connection, item)
        finally:
            self._idle.put(connection)

    def _take(self) -> Connection:
        with suppress(Empty):
            return self._idle.get_nowait()
        opened = connect(self._target)
        self._opened.append(opened)
        return opened
