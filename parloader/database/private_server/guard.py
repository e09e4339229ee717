"""Runs the private server and shuts it down when no command uses it. A separate program: python guard.py HOME SERVER ARGUMENTS…

With a process id in place of SERVER, it adopts the server with this id, whose guard was killed.

Commands hold a shared lock on HOME/users.lock, which the kernel releases however they end; the guard waits for the exclusive lock. If
HOME/keep exists then, the server keeps running. The guard detaches from the command that started it, but keeps that command's pipe as its
standard output, so that the command notices if it ends. While it lives, it holds the exclusive lock on HOME/guard.lock. It imports only
the standard library, because it lives as long as the server.
"""

import fcntl
import os
import select
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

KEEP = "keep"

LOG = "log.err"  # MySQL adds .err to any other ending

GUARD_LOCK = "guard.lock"

USERS_LOCK = "users.lock"

# How often it checks whether a server that was told to end has lost its folder, and on systems without pidfd_open (all but Linux) whether an
# adopted one has ended
POLL_SECONDS = 0.2


class AdoptedServer:
    """A server that another guard started, with what main needs of a Popen."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._descriptor = os.pidfd_open(pid) if hasattr(os, "pidfd_open") else None

    def terminate(self) -> None:
        os.kill(self._pid, signal.SIGTERM)

    def kill(self) -> None:
        os.kill(self._pid, signal.SIGKILL)

    def wait(self) -> int:
        if self._descriptor is not None:
            select.select([self._descriptor], [], [])
        else:
            while _exists(self._pid):
                time.sleep(POLL_SECONDS)
        return 0


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def main(home: Path, command: list[str]) -> int:
    if os.fork():
        os._exit(0)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    adopted = command[0].isdecimal()
    guard = open(home / GUARD_LOCK, "a")  # noqa: SIM115  locked until this process ends
    try:
        fcntl.flock(guard, fcntl.LOCK_EX | (fcntl.LOCK_NB if adopted else 0))
    except BlockingIOError:
        return 0  # another guard has adopted it
    server = AdoptedServer(int(command[0])) if adopted else _start(home, command)
    threading.Thread(target=lambda: _end(home, server.wait()), daemon=True).start()
    users = open(home / USERS_LOCK, "a")  # noqa: SIM115  locked until this process ends
    fcntl.flock(users, fcntl.LOCK_EX)
    if not (home / KEEP).exists():
        server.terminate()
        while (home / USERS_LOCK).exists():  # until the thread sees the server end, and ends this process
            time.sleep(POLL_SECONDS)
        server.kill()  # its folder was removed: there is nothing to save, and a MySQL would not end, but fill the disk with its log
        return server.wait()
    return 0


def _start(home: Path, command: list[str]) -> "subprocess.Popen[bytes]":
    with open(home / LOG, "ab") as log:
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, cwd=home)


def _end(home: Path, status: int) -> None:
    if status:
        how = f"was killed by {signal.Signals(-status).name}" if status < 0 else f"ended with status {status}"
        with open(home / LOG, "a") as log:
            log.write(f"[ERROR] parloader: the server {how}\n")
    os._exit(1 if status else 0)


if __name__ == "__main__":
    try:
        sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
    except OSError as error:  # its standard error is the log
        print(f"[ERROR] parloader cannot run the server: {error.filename}: {error.strerror}", file=sys.stderr)
        sys.exit(1)
