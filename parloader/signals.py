"""SIGINT, SIGTERM and SIGHUP end a command: at once before it has begun, later by an exception that lets it undo and report.

Imports only what costs nothing: the program calls end_at_once before it imports anything else.
"""

import os
import signal
import threading
from types import FrameType

MESSAGE = b"error: interrupted\n"

EXIT_CODE = 130  # that of errors.Interrupted

_received = False

_stderr = 2


def ending() -> tuple[signal.Signals, ...]:
    """The signals that end a command: those that its caller does not have it ignore (nohup; & in a script)."""
    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    return tuple(number for number in signals if signal.getsignal(number) is not signal.SIG_IGN)


def end_at_once() -> None:
    """From now on, a signal ends the process: nothing has been done, and an exception in the middle of an import may be lost."""
    for number in ending():
        signal.signal(number, _end)


def report_to(stderr: int) -> None:
    """Names the descriptor of stderr, if it is no longer 2."""
    global _stderr
    _stderr = stderr


def raise_interrupts() -> None:
    """From now on, a signal raises KeyboardInterrupt, if before it ended the process at once (otherwise the handlers are not parloader's)."""
    for number in ending():
        if signal.getsignal(number) is _end:
            signal.signal(number, _raise)


def interrupt_input() -> None:
    """From now on, a signal also ends the wait for a line of input. A Polars query that has run makes the system repeat such a wait."""
    for number in ending():
        signal.siginterrupt(number, True)


def ignore() -> None:
    """From now on, signals have no effect: everything is done, and the exit code stays as it is."""
    for number in ending():
        signal.signal(number, signal.SIG_IGN)


def noted_while_loading() -> tuple[signal.Signals, ...]:
    """The signals that a loop of tasks may note instead of being interrupted: parloader's own, and Ctrl-C if Python handles it.

    A caller of the library keeps its other handlers: those of a framework, and the default action that ends its process. In a thread other
    than the main one, none: Python accepts no handler there.
    """
    if threading.current_thread() is not threading.main_thread():
        return ()
    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    return tuple(number for number in signals if signal.getsignal(number) in (_end, _raise, signal.default_int_handler))


def received() -> bool:
    """Whether a signal has raised KeyboardInterrupt. Code that it interrupts may turn it into another exception."""
    return _received


def _end(_number: int, _frame: FrameType | None) -> None:
    try:  # noqa: SIM105  contextlib takes longer to import than this module
        os.write(_stderr, MESSAGE)
    except OSError:
        pass
    os._exit(EXIT_CODE)


def _raise(_number: int, _frame: FrameType | None) -> None:
    global _received
    _received = True
    raise KeyboardInterrupt
