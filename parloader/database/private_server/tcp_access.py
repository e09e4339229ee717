"""The TCP port of a private server and the password of its account, which it keeps in a file."""

import os
import secrets
import socket
from dataclasses import dataclass, field
from pathlib import Path

FILE = "tcp"


@dataclass(frozen=True, kw_only=True)
class TcpAccess:
    """How to reach a private server by TCP."""

    port: int  # 0: any free port
    password: str = field(default_factory=lambda: secrets.token_urlsafe(18), repr=False)

    def write(self, home: Path) -> None:
        """Writes the file of the server in this folder."""
        with open(home / FILE, "w", opener=_private_opener) as file:
            file.write(f"{self.port} {self.password}\n")


def read(home: Path) -> TcpAccess | None:
    """What the file of the server in this folder says; None: there is none."""
    file = home / FILE
    if not file.exists():
        return None
    port, password = file.read_text().split()
    return TcpAccess(port=int(port), password=password)


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _private_opener(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
