"""Runs of pytest, in a process of its own, on a project that uses parloader's plugin."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from support.servers import KINDS, until_gone

from parloader.database.private_server.binary import find_binary

EXAMPLES = Path(__file__).parents[2] / "docs/examples"

COUNTS = re.compile(r"(\d+) (passed|failed|error|skipped|deselected)")


@dataclass(frozen=True)
class Project:
    """The folder of a project, and the folder of its private servers."""

    folder: Path
    home: Path
    kind: str
    environment: Mapping[str, str]

    def write(self, name: str, text: str) -> None:
        """Adds a file."""
        (self.folder / name).write_text(text, encoding="utf-8")

    def with_environment(self, **variables: str) -> "Project":
        return replace(self, environment={**self.environment, **variables})

    def start(self, *command: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(command, cwd=self.folder, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def run(self, *command: str) -> tuple[int, str]:
        """Its exit code, and what it printed."""
        with self.start(*command) as process:
            printed, _ = process.communicate()
        return process.returncode, printed

    def pytest_command(self, *arguments: str, private: bool = True) -> list[str]:
        """`private`: on a private server of its kind. Only the plugins that it needs are loaded: all that are installed here take a second."""
        plugins = [
            "-p",
            "parloader",
            *(["-p", "django"] if (self.folder / "manage.py").exists() else []),
            *(["-p", "xdist"] if "-n" in arguments else []),
        ]
        server = [f"--parloader-server={self.kind}"] if private else []
        return [
            sys.executable,
            "-m",
            "pytest",
            *plugins,
            "-p",
            "no:cacheprovider",
            "-o",
            f"parloader_home={self.home}",
            "-q",
            *server,
            *arguments,
        ]

    def pytest(self, *arguments: str, private: bool = True) -> tuple[dict[str, int], str]:
        """How many tests passed, failed …, and what was printed. `private`: as for pytest_command."""
        _, printed = self.run(*self.pytest_command(*arguments, private=private))
        return {what: int(count) for count, what in COUNTS.findall(printed.rstrip().rpartition("\n")[2])}, printed

    def until_stopped(self) -> None:
        """Waits until its private server has ended: nobody but the run of pytest uses it."""
        until_gone(self.home)


def project(folder: Path, home: Path, kind: str, example: str | None = None) -> Project:
    """A project in a new folder: a copy of docs/examples/EXAMPLE, or an empty one."""
    if example is None:
        folder.mkdir()
    else:
        shutil.copytree(EXAMPLES / example, folder, ignore=shutil.ignore_patterns("__pycache__"))
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "PARLOADER", "DJANGO"))}
    return Project(folder, home, kind, {**kept, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"})


def prepared_home(homes: Path, kind: str, bootstrapped: Callable[[str], Path]) -> Path:
    """The folder for private servers of the plugin, with that of one kind in it."""
    binary = find_binary((KINDS[kind],))
    home = homes / f"{binary.kind.lower()}-{'.'.join(map(str, binary.version[:2]))}"
    ignored = shutil.ignore_patterns("socket*", "auto.cnf", "pid", "*.lock", "ibtmp*")
    shutil.copytree(bootstrapped(kind), home, ignore=ignored)
    return homes
