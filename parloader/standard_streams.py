"""stdin, stdout and stderr that are closed, full, or read by nobody: no command fails or hangs because of its log.

A closed stream becomes /dev/null. A result that cannot be written raises ResultNotWritten. Anything else (notes, progress, errors) goes to
stderr and is dropped if it cannot be written. Libraries and child processes that write to stderr write to /dev/null: what they print there
(the backtrace of a panic, an allocator's complaint) helps only who debugs parloader.
"""

import io
import os
import select
import sys

from parloader.errors import ResultNotWritten
from parloader.failures import traceback_wanted
from parloader.signals import report_to

# A pipe that poll reports as writable takes this many bytes without blocking (PIPE_BUF on Linux, pipe(7); 512 elsewhere)
PIPE_BYTES = 512

# A reader of stderr that reads nothing for this long (stopped, hung) has its lines dropped until it reads again
READER_PATIENCE_SECONDS = 1.0


def prepare() -> None:
    """Makes this process's streams safe. Called before any file is opened, which would get the number of a closed stream."""
    for descriptor, flags in enumerate((os.O_RDONLY, os.O_WRONLY, os.O_WRONLY)):
        try:
            os.fstat(descriptor)
        except OSError:
            os.set_inheritable(os.open(os.devnull, flags), True)  # the lowest free number, and so this one
    sys.stdin = sys.stdin or open(0, closefd=False)  # noqa: SIM115
    sys.stdout = _text(ResultStream(1), sys.stdout.encoding if sys.stdout else "utf-8")
    own = _own_stderr()
    report_to(own)
    sys.stderr = _text(LogStream(own), sys.stderr.encoding if sys.stderr else "utf-8")


def _own_stderr() -> int:
    """A descriptor of stderr that only this process's Python code uses."""
    if traceback_wanted():
        return 2
    try:
        own = os.dup(2)
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), 2)
    except OSError:  # no descriptor is left
        return 2
    return own


def _text(raw: "_Descriptor", encoding: str) -> io.TextIOWrapper:
    """Characters that the encoding lacks become escapes."""
    return io.TextIOWrapper(raw, encoding=encoding, errors="backslashreplace", line_buffering=True)


class _Descriptor(io.RawIOBase):
    """A file descriptor of this process, which stays open."""

    def __init__(self, number: int) -> None:
        self._number = number

    @property
    def name(self) -> int:
        return self._number

    def fileno(self) -> int:
        return self._number

    def isatty(self) -> bool:
        return os.isatty(self._number)

    def writable(self) -> bool:
        return True

    def _wait(self, seconds: float | None) -> bool:
        """Waits until it can be written to, at most for these seconds (None: no limit). Returns whether it can be."""
        poll = select.poll()
        poll.register(self._number, select.POLLOUT)
        return bool(poll.poll(None if seconds is None else seconds * 1000))


class ResultStream(_Descriptor):
    """stdout: all of it is written, or ResultNotWritten is raised."""

    def write(self, data: "io.ReadableBuffer") -> int:  # type: ignore[name-defined]
        rest = memoryview(data)
        while rest:
            try:
                rest = rest[os.write(self._number, rest) :]
            except BlockingIOError:  # a pipe that the caller has set to O_NONBLOCK
                self._wait(None)
            except OSError as error:
                raise ResultNotWritten(
                    f"the result could not be written to stdout: {error.strerror}",
                    "Only the output is missing: write it to another place",
                ) from error
        return len(data)


class LogStream(_Descriptor):
    """stderr: what cannot be written is dropped."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self._patience_seconds = READER_PATIENCE_SECONDS

    def write(self, data: "io.ReadableBuffer") -> int:  # type: ignore[name-defined]
        rest = memoryview(data)
        while rest:
            if not self._wait(self._patience_seconds):
                self._patience_seconds = 0.0
                break
            self._patience_seconds = READER_PATIENCE_SECONDS
            try:
                rest = rest[os.write(self._number, rest[:PIPE_BYTES]) :]
            except OSError:
                break
        return len(data)
