"""Applications from PyPI: installed with uv into a virtual environment, with tables created by their own migrations.

PyMySQL is the driver of all of them. Each server has a folder with the application's configuration, written anew for each database.
"""

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from string import Template
from urllib.parse import quote

from schemas_model import Application, Check, NotToBeHad, Place, run

READER = Path(__file__).with_name("schemas_read_rows.py")

MIGRATION_SECONDS = 1800


@dataclass(frozen=True, kw_only=True)
class PythonApplication(Application):
    """A Python application. `requirements`: what is installed, as pip's users write it. In `files` (name, text), `environment` and `commands`,
    $url is the database's URL for SQLAlchemy, $database its name, $socket the server's Unix socket, and $folder the folder for configuration.
    `models`: modules that declare SQLAlchemy tables, or `module:function` to call."""

    how: str = "its own migrations"
    requirements: tuple[str, ...]
    files: tuple[tuple[str, str], ...] = ()
    environment: tuple[tuple[str, str], ...] = ()
    commands: tuple[str, ...]
    models: tuple[str, ...] = ()
    reader: str = "sqlalchemy"

    def install(self, folder: Path) -> str:
        uv = (sys.executable, "-m", "uv", "--quiet")
        run((*uv, "venv", "--python", sys.executable, "venv"), folder)
        run(
            (*uv, "pip", "install", "--python", "venv/bin/python", "pymysql", "cryptography", *self.requirements),
            folder,
            seconds=1800,
        )
        return f"PyPI: {', '.join(self.requirements)}"

    def create(self, folder: Path, place: Place) -> Mapping[str, int]:
        environment = self._configured(folder, place)
        for command in self.commands:
            name, *arguments = self._filled(command, folder, place).split()
            run((str(folder / "venv" / "bin" / name), *arguments), folder / place.kind, environment, MIGRATION_SECONDS)
        return {}

    @contextmanager
    def checks(self, folder: Path, place: Place) -> Iterator[Check]:
        environment = self._configured(folder, place)
        command = (str(folder / "venv" / "bin" / "python"), str(READER), self.reader, _url(place), *self.models)
        with open(folder / place.kind / "reader.log", "w", encoding="utf-8") as log:
            reader = subprocess.Popen(
                command, cwd=folder / place.kind, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True
            )
        assert reader.stdin
        assert reader.stdout
        questions, answers = reader.stdin, reader.stdout
        # it has imported the application, which takes some of them a minute
        answers.readline()

        def check(table: str) -> str | None:
            with contextlib.suppress(BrokenPipeError):
                print(table, file=questions, flush=True)
            answer: str | None = json.loads(answers.readline() or '"its process ended"')
            return answer

        try:
            yield check
        finally:
            reader.kill()
            reader.wait()

    def _configured(self, folder: Path, place: Place) -> dict[str, str]:
        """Writes the configuration for this database; returns the environment of the application's processes."""
        own = folder / place.kind
        for name, text in self.files:
            (own / name).parent.mkdir(parents=True, exist_ok=True)
            (own / name).write_text(self._filled(text, folder, place), encoding="utf-8")
        path = f"{folder / 'venv' / 'bin'}:/usr/bin:/bin"
        added = {name: self._filled(text, folder, place) for name, text in self.environment}
        return {"PATH": path, "HOME": str(own), "PYTHONPATH": str(own), "VIRTUAL_ENV": str(folder / "venv"), "LANG": "C.UTF-8", **added}

    def _filled(self, text: str, folder: Path, place: Place) -> str:
        target = place.target
        return Template(text).safe_substitute(
            url=_url(place), database=target.database, socket=target.unix_socket, folder=str(folder / place.kind)
        )


def _url(place: Place) -> str:
    target = place.target
    if not target.unix_socket:
        raise NotToBeHad("the server has no Unix socket")
    return f"mysql+pymysql://{target.user}@localhost/{target.database}?unix_socket={quote(target.unix_socket)}&charset=utf8mb4"
