"""Ctrl-C, SIGTERM and SIGHUP, noted for a loop that acts on them."""

import signal

from parloader.signals import noted_while_loading

IGNORED = (signal.SIGINT, signal.SIGHUP)
"""Signals that reach the entire terminal group. Workers ignore them, and stop when their parent says so."""


class StopSignal:
    """Counts Ctrl-C, and the signals that end the command, while the block runs; the loop that runs the tasks acts on them."""

    def __init__(self) -> None:
        self.requests = 0

    def __enter__(self) -> "StopSignal":
        self._before = {number: signal.signal(number, self._note) for number in noted_while_loading()}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _note(self, *_: object) -> None:
        self.requests += 1
