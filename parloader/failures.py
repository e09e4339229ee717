"""Any exception as a ParloaderError: what a machine refuses (memory, files, processes), a file that cannot be used, or a bug."""

import errno
import resource

from parloader.errors import InternalError, OutOfResources, ParloaderError

# CPython's only sign that the system refused a thread (Modules/_threadmodule.c)
NO_THREAD = "can't start new thread"

LESS = "or use fewer --procs"

TRACEBACK_VARIABLE = "PARLOADER_TRACEBACK"


def as_parloader_error(error: BaseException) -> ParloaderError:
    """The error to show for an exception."""
    if isinstance(error, ParloaderError):
        return error
    if isinstance(error, MemoryError):
        return OutOfResources(
            f"out of memory{_limit('-v', resource.RLIMIT_AS, 1024, 'kB of address space')}",
            f"Free memory or raise the limit, {LESS} or a smaller --batch",
        )
    if isinstance(error, RuntimeError) and error.args == (NO_THREAD,):
        return _no_process("a thread")
    if isinstance(error, OSError):
        return _os_error(error)
    return InternalError(
        f"internal error: {type(error).__name__}: {_first_line(error)}",
        f"This is a bug in parloader: please report it, with what the same command prints with {TRACEBACK_VARIABLE}=1",
    )


def _os_error(error: OSError) -> ParloaderError:
    if error.errno in (errno.EMFILE, errno.ENFILE):
        limit = _limit("-n", resource.RLIMIT_NOFILE, 1, "open files") if error.errno == errno.EMFILE else ""
        return OutOfResources(f"too many open files{limit}", f"Raise the limit (ulimit -n 1024), {LESS}")
    if error.errno == errno.EAGAIN:
        return _no_process("a process")
    if error.errno == errno.ENOMEM:
        return as_parloader_error(MemoryError())
    place = f"{error.filename}: " if error.filename is not None else ""
    return ParloaderError(f"{place}{error.strerror or _first_line(error)}", "Nothing else is known about the cause")


def _no_process(what: str) -> OutOfResources:
    limit = _limit("-u", resource.RLIMIT_NPROC, 1, "processes and threads of this user")
    memory = _limit("-v", resource.RLIMIT_AS, 1024, "kB of address space")
    return OutOfResources(f"the system refuses to start {what}{limit}{memory}", f"End other processes or raise the limit, {LESS}")


def _limit(option: str, number: int, unit: int, what: str) -> str:
    """The limit of this process, with the option of ulimit that sets it; nothing if there is none."""
    value = resource.getrlimit(number)[0]
    return "" if value == resource.RLIM_INFINITY else f"; the limit is {value // unit:,} {what} (ulimit {option})"


def _first_line(error: BaseException) -> str:
    return next(iter(str(error).splitlines()), "no message")
