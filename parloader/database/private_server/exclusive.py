"""Has the private server for one command alone: nobody uses it, and nobody can begin to."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import psutil

from parloader.database.private_server.guard import USERS_LOCK
from parloader.database.private_server.server import START_TIMEOUT_SECONDS, PrivateServer
from parloader.errors import AnotherRun

# The kernel's list of file locks (proc_locks(5)); other systems than Linux have none
LOCKS = Path("/proc/locks")

POLL_SECONDS = 0.02


@contextmanager
def exclusive(server: PrivateServer) -> Iterator[None]:
    """Keeps other commands from using the server during the block: they wait. AnotherRun names a command that uses it."""
    server.prepare_home()
    with open(server.home / USERS_LOCK, "a") as users:
        deadline = time.monotonic() + START_TIMEOUT_SECONDS
        while not _locked(users, fcntl.LOCK_EX):
            # Either commands hold it together, or one holds it alone: a guard that shuts the server down, or another snapshot command
            if time.monotonic() > deadline or (_locked(users, fcntl.LOCK_SH) and not _locked(users, fcntl.LOCK_EX)):
                raise AnotherRun(f"the private server is in use{_by(users)}", "Wait until that has ended, then run the same command again")
            time.sleep(POLL_SECONDS)
        yield


def _locked(file: IO[str], how: int) -> bool:
    """Tries to lock the file; whether it did."""
    try:
        fcntl.flock(file, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _by(file: IO[str]) -> str:
    """Who has locked the file, as far as the system tells: " by process 12 (parloader seed)"."""
    try:
        inode = os.fstat(file.fileno()).st_ino
        lines = [line.split() for line in LOCKS.read_text().splitlines() if " -> " not in line]
        pids = {int(line[4]) for line in lines if line[1] == "FLOCK" and int(line[5].rsplit(":", 1)[1]) == inode}
    except (OSError, ValueError, IndexError):
        return ""
    names = sorted(_described(pid) for pid in pids - {os.getpid()}) or (["this process itself"] if os.getpid() in pids else [])
    return f" by {', '.join(names)}" if names else ""


def _described(pid: int) -> str:
    """The process, and the words of its command line up to the first option: those may have secrets."""
    try:
        words = psutil.Process(pid).cmdline()
    except psutil.Error:
        return f"process {pid}"
    shown = []
    for word in words:
        if word.startswith("-"):
            break
        shown.append(Path(word).name)
    return f"process {pid} ({' '.join(shown[:4])})" if shown else f"process {pid}"
