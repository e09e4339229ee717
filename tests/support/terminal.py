"""Programs in a pseudo-terminal of a given size: what they print, and what a user sees and types there."""

import fcntl
import os
import pty
import select
import struct
import subprocess
import termios
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pyte

PATIENCE_SECONDS = 60

READ_BYTES = 65536


class Terminal:
    """A pseudo-terminal with a program in it."""

    def __init__(self, descriptor: int, columns: int, lines: int) -> None:
        self._descriptor = descriptor
        self.output = b""
        self._screen = pyte.Screen(columns, lines)
        self._stream = pyte.ByteStream(self._screen)

    @property
    def lines(self) -> list[str]:
        """The lines of the screen up to the last one with text, without blanks at their ends."""
        return "\n".join(line.rstrip() for line in self._screen.display).rstrip().split("\n")

    def type(self, keys: str) -> None:
        os.write(self._descriptor, keys.encode())

    def read(self, seconds: float = 0.05) -> bool:
        """Takes what the program prints within these seconds. False: it has closed the terminal."""
        if not select.select([self._descriptor], [], [], seconds)[0]:
            return True
        try:
            data = os.read(self._descriptor, READ_BYTES)
        except OSError:  # Linux reports the end as an error
            data = b""
        self.output += data
        self._stream.feed(data)
        return bool(data)

    def wait_for(self, text: str) -> None:
        """Reads until the screen has the text. AssertionError: the program ends without it, or takes too long."""
        end = time.monotonic() + PATIENCE_SECONDS
        while text not in "\n".join(self.lines):
            assert self.read(), f"{text!r} is not in {self.lines}"
            assert time.monotonic() < end, f"{text!r} is not in {self.lines}"

    def read_all(self) -> None:
        """Reads until the program has closed the terminal."""
        while self.read(PATIENCE_SECONDS):
            pass


@contextmanager
def in_terminal(
    command: Sequence[str], folder: Path, *, columns: int = 80, lines: int = 200, environment: Mapping[str, str] | None = None
) -> Iterator[Terminal]:
    """The terminal in which the command runs; killed at the end, if it still runs. `environment`: added to that of the test."""
    parent, child = pty.openpty()
    fcntl.ioctl(child, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
    inherited = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR")}
    process = subprocess.Popen(
        command,
        cwd=folder,
        env={**inherited, "TERM": "xterm-256color", **(environment or {})},
        stdin=child,
        stdout=child,
        stderr=child,
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
    )
    os.close(child)
    try:
        yield Terminal(parent, columns, lines)
    finally:
        process.kill()
        process.wait()
        os.close(parent)
