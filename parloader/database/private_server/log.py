"""Reads from the server's log why it did not start."""

import re
from pathlib import Path

# 2026-11-28  8:46:00 0 [ERROR] InnoDB: …        2026-11-28T08:47:24.256095Z 1 [ERROR] [MY-012574] [InnoDB] …
ERROR_LINE = re.compile(r".*?\[ERROR\] (?:\[[\w-]+\] \[\w+\] )?(.*)")

# What the servers log after the cause
CONSEQUENCES = re.compile(
    r"Aborting|(InnoDB: )?Plugin initialization aborted|Plugin 'InnoDB' |Unknown/unsupported storage engine|Failed to initialize DD|"
    r"Data Dictionary initialization failed|Failed to initialize (builtin )?plugins|parloader: "
)

NO_ERROR = re.compile(r".*?\[(Note|Warning|System|ERROR)\] ")

CAUSES_SHOWN = 2

LAST_BYTES = 2**20


def size(log: Path) -> int:
    """The bytes in the log so far."""
    return log.stat().st_size if log.exists() else 0


def start_error(text: str) -> str:
    """The first errors that a start has logged, without their consequences; otherwise the last thing that it printed."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [match[1] for line in lines if (match := ERROR_LINE.fullmatch(line))]
    causes = list(dict.fromkeys(error for error in errors if not CONSEQUENCES.match(error)))
    others = [line for line in lines if not NO_ERROR.match(line)]  # before its log is set up, a server prints plain lines
    return " / ".join(causes[:CAUSES_SHOWN] or others[-1:] or errors[-1:]) or "it logged nothing"


def since(log: Path, offset: int) -> str:
    """What was logged after the first `offset` bytes (at most LAST_BYTES of it)."""
    with open(log, "rb") as file:
        file.seek(offset)
        return file.read(LAST_BYTES).decode(errors="replace")
