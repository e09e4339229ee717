"""A new interpreter that runs a function with an end of a pipe.

Not multiprocessing's spawn: that imports the caller's script again, so a script without an `if __name__ == "__main__"` would run twice, and it
sets variables of the caller's process. The new interpreter gets the module search path, and imports nothing else of the caller's.
"""

import importlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from multiprocessing import spawn
from multiprocessing.connection import Connection
from multiprocessing.util import _args_from_interpreter_flags  # type: ignore[attr-defined]  # what subprocess and multiprocessing themselves use

from parloader.workers.stop_signal import IGNORED

PROGRAM = "import sys; sys.path[:] = sys.argv[4:]; from parloader.workers.interpreter import run; run(*sys.argv[1:4])"


class Interpreter:
    """A running interpreter, with the attributes of multiprocessing's processes."""

    def __init__(self, main: Callable[..., None], pipe: "Connection[object, object]", argument: str = "") -> None:
        """Starts it: `main` is called with the pipe, and with the argument if there is one. OSError: the system refuses."""
        path = [folder for folder in sys.path if isinstance(folder, str)]
        function = f"{main.__module__}:{main.__qualname__}"
        # both signals are blocked until it ignores them
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, IGNORED)
        try:
            self._process = subprocess.Popen(
                [spawn.get_executable(), *_args_from_interpreter_flags(), "-c", PROGRAM, function, str(pipe.fileno()), argument, *path],
                stdin=subprocess.DEVNULL,
                pass_fds=[pipe.fileno()],
                env={**os.environ, "POLARS_MAX_THREADS": "1"},  # the processes are the parallelism
            )
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def exitcode(self) -> int | None:
        return self._process.poll()

    def is_alive(self) -> bool:
        return self.exitcode is None

    def join(self) -> None:
        self._process.wait()

    def kill(self) -> None:
        self._process.kill()


def run(function: str, descriptor: str, argument: str) -> None:
    """The main function of the new interpreter."""
    module, _, name = function.partition(":")
    main = getattr(importlib.import_module(module), name)
    main(Connection(int(descriptor)), *([argument] if argument else []))
