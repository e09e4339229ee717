"""What scripts/schemas knows of a real application: how it is installed, how it creates its tables, and how it checks rows.

An application is a frozen dataclass (it is sent to other processes, and its repr decides whether an earlier installation is still the one
that is wanted). `schemas_applications.py` lists them all.
"""

import os
import subprocess
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from parloader.database.target import Target

SERVERS = {"mariadb": "MariaDB", "mysql": "MySQL"}

Check: TypeAlias = Callable[[str], str | None]
"""Has the application read rows of this table. None: it has no way to read it; an empty text: it did; else its error."""


class NotToBeHad(Exception):
    """An application cannot be installed on this machine, or does not create its tables on this server. The text says why, in a line."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """An empty database on a server of this kind ("mariadb", "mysql"), as root without a password on a Unix socket (`target`), and over TCP
    with a password (`tcp`)."""

    kind: str
    target: Target
    tcp: Target


@dataclass(frozen=True, kw_only=True)
class Application:
    """A real application. `how`: the way in which its tables are created, for the report. `kinds`: the servers that it supports."""

    name: str
    how: str
    kinds: tuple[str, ...] = tuple(SERVERS)

    def install(self, folder: Path) -> str:
        """Installs it into this folder, which exists and is empty, and nowhere else. Returns what was installed, with versions."""
        raise NotImplementedError

    def create(self, folder: Path, place: Place) -> Mapping[str, int]:
        """Creates its tables in the empty database, the way its users do. Returns what was left out, and how often."""
        raise NotImplementedError

    def checks(self, folder: Path, place: Place) -> AbstractContextManager[Check]:
        """A way for the application to read the rows of a table, open while all tables of the database are tried."""
        return nullcontext(lambda table: None)


def run(command: Sequence[str], folder: Path, environment: Mapping[str, str] | None = None, seconds: int = 600) -> str:
    """Runs a command of an installation in this folder, with these variables added to the environment; returns what it prints to stdout.
    NotToBeHad: it is not on this machine, fails, or takes longer than this."""
    variables = {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1", **(environment or {})}
    name = " ".join((Path(command[0]).name, *command[1:3]))
    try:
        done = subprocess.run(
            command, cwd=folder, env=variables, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", timeout=seconds
        )
    except FileNotFoundError as error:
        raise NotToBeHad(f"{command[0]} is not on this machine") from error
    except subprocess.TimeoutExpired as error:
        raise NotToBeHad(f"{name} takes longer than {seconds} seconds") from error
    if done.returncode:
        (folder / "failed.txt").write_text(f"{command}\n{done.stdout}\n{done.stderr}", encoding="utf-8")
        last = (done.stderr.strip() or done.stdout.strip() or "no output").splitlines()[-1]
        raise NotToBeHad(f"{name}: {last[:300]}")
    return done.stdout
