"""Runs the private server and shuts it down when nobody uses it. A program of its own: python server_guard.py HOME SERVER ARGUMENTS…

Users hold a shared lock on HOME/users.lock, which the kernel releases however they end; the guard waits for the exclusive one. Where
HOME/keep is there then, the server stays. Imports the standard library only, because it lives as long as the server.
"""

import fcntl
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

KEEP = "keep"


def main(home: Path, command: list[str]) -> int:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    server = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)
    threading.Thread(target=lambda: os._exit(server.wait()), daemon=True).start()
    users = open(home / "users.lock", "a")  # noqa: SIM115  held until this process ends
    fcntl.flock(users, fcntl.LOCK_EX)
    if not (home / KEEP).exists():
        server.terminate()
        return server.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
