"""The limits of this process (ulimit): their texts for messages, and a check before anything large is imported."""

import os
import resource
import threading

from parloader.errors import OutOfResources

# Polars and the allocators of Rust and C reserve this much when they start, and more for each thread of Polars (measured with Polars 2.1
# on 2 cores: verify needs 1.2 GB of address space and 0.2 GB of data). Without it, Polars ends the process and nothing can report why
ADDRESS_SPACE_BYTES, ADDRESS_SPACE_BYTES_PER_CORE = 2**30, 2**28
DATA_BYTES, DATA_BYTES_PER_CORE = 2**28, 2**26

# Besides those of its pool, Polars starts threads of its allocator and one that removes files
THREADS_OF_POLARS = 4

# Its process, one thread of Polars' pool and one that generates, and the above
THREADS_OF_A_WORKER = 3 + THREADS_OF_POLARS

MEMORY_LIMITS = (
    ("-v", resource.RLIMIT_AS, ADDRESS_SPACE_BYTES, ADDRESS_SPACE_BYTES_PER_CORE),
    ("-d", resource.RLIMIT_DATA, DATA_BYTES, DATA_BYTES_PER_CORE),
)

LESS = "or use fewer --procs"


def usable_cores() -> int:
    """The cores that this process may use: its CPU affinity, if the operating system has one."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def require_resources(workers: int = 0) -> None:
    """OutOfResources if this process may not have the memory that Polars needs to start, or the threads that it and its workers need."""
    for option, number, bytes_needed, bytes_per_core in MEMORY_LIMITS:
        limit_bytes, needed_bytes = resource.getrlimit(number)[0], bytes_needed + usable_cores() * bytes_per_core
        if limit_bytes != resource.RLIM_INFINITY and limit_bytes < needed_bytes:
            raise OutOfResources(
                f"a process may have {limit_bytes // 1024:,} kB of memory (ulimit {option}), and parloader needs {needed_bytes // 1024:,} kB",
                f"Raise the limit: ulimit {option} {needed_bytes // 1024} (or unlimited)",
            )
    _require_threads(usable_cores() + THREADS_OF_POLARS + workers * THREADS_OF_A_WORKER)


def _require_threads(number: int) -> None:
    release = threading.Event()
    threads = [threading.Thread(target=release.wait, daemon=True) for _ in range(number)]
    try:
        for thread in threads:
            thread.start()
    except RuntimeError as error:  # CPython's "can't start new thread"
        raise no_process("a thread") from error
    finally:
        release.set()


def no_memory() -> OutOfResources:
    return OutOfResources(f"out of memory{_limits('-v')}", f"Free memory or raise the limit, {LESS} or a smaller --batch")


def no_file() -> OutOfResources:
    return OutOfResources(f"too many open files{_limits('-n')}", f"Raise the limit (ulimit -n 1024), {LESS}")


def no_process(what: str) -> OutOfResources:
    return OutOfResources(
        f"the system refuses to start {what}{_limits('-u', '-v', '-d')}", f"End other processes or raise the limit, {LESS}"
    )


_TEXTS = {
    "-d": (resource.RLIMIT_DATA, 1024, "kB of data"),
    "-n": (resource.RLIMIT_NOFILE, 1, "open files of a process"),
    "-u": (resource.RLIMIT_NPROC, 1, "processes and threads of a user"),
    "-v": (resource.RLIMIT_AS, 1024, "kB of memory of a process"),
}
"""Option of ulimit → limit, its unit, and what it limits."""


def _limits(*options: str) -> str:
    """The limits that are set, in parentheses."""
    texts = []
    for option in options:
        number, unit, what = _TEXTS[option]
        if (limit := resource.getrlimit(number)[0]) != resource.RLIM_INFINITY:
            texts.append(f"{limit // unit:,} {what}, ulimit {option}")
    return f" (limits: {'; '.join(texts)})" if texts else ""
