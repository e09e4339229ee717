"""Runs the private server and shuts it down when no command uses it. A separate program: python guard.py HOME SERVER ARGUMENTS…

Commands hold a shared lock on HOME/users.lock, which the kernel releases however they end; the guard waits for the exclusive lock. If
HOME/keep exists then, the server keeps running. The guard detaches from the command that started it, but keeps that command's pipe as its
standard output, so that the command notices if it ends. It imports only the standard library, because it lives as long as the server.
"""

import fcntl
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

KEEP = "keep"

LOG = "log.err"  # MySQL adds .err to any other ending


def main(home: Path, command: list[str]) -> int:
    if os.fork():
        os._exit(0)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with open(home / LOG, "ab") as log:
        server = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
    threading.Thread(target=lambda: os._exit(server.wait()), daemon=True).start()
    users = open(home / "users.lock", "a")  # noqa: SIM115  locked until this process ends
    fcntl.flock(users, fcntl.LOCK_EX)
    if not (home / KEEP).exists():
        server.terminate()
        return server.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
