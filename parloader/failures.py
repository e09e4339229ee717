"""Any exception as a ParloaderError: what the system refuses (memory, files, processes), a file that cannot be used, or a bug."""

import errno
import os

from parloader.errors import InternalError, ParloaderError
from parloader.process_limits import no_file, no_memory, no_process

TRACEBACK_VARIABLE = "PARLOADER_TRACEBACK"

# CPython's only sign that the system refused a thread (Modules/_threadmodule.c)
NO_THREAD = "can't start new thread"


def traceback_wanted() -> bool:
    """Whether the user asks for tracebacks, and for what libraries print on stderr."""
    return bool(os.environ.get(TRACEBACK_VARIABLE))


def as_parloader_error(error: BaseException) -> ParloaderError:
    """The error to show for an exception."""
    if isinstance(error, ParloaderError):
        return error
    if isinstance(error, MemoryError):
        return no_memory()
    if isinstance(error, RuntimeError) and error.args == (NO_THREAD,):
        return no_process("a thread")
    if isinstance(error, OSError):
        return _os_error(error)
    return InternalError(
        f"internal error: {type(error).__name__}: {_first_line(error)}",
        f"Please report it as a bug of parloader, with what the same command prints with {TRACEBACK_VARIABLE}=1",
    )


def _os_error(error: OSError) -> ParloaderError:
    match error.errno:
        case errno.EMFILE | errno.ENFILE:
            return no_file()
        case errno.EAGAIN:
            return no_process("a process")
        case errno.ENOMEM:
            return no_memory()
    place = f"{os.fsdecode(error.filename)}: " if isinstance(error.filename, str | bytes) else ""
    return ParloaderError(f"{place}{error.strerror or _first_line(error)}", f"{TRACEBACK_VARIABLE}=1 shows where it happened")


def _first_line(error: BaseException) -> str:
    return next(iter(str(error).splitlines()), "no message")
