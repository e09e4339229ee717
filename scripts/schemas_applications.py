"""The real applications whose tables scripts/schemas tries, installed and with tables created once, in a folder that is kept.

FOLDER/<name>/: `installation`, which is the application's own; `installed.json`, what it is; `<server>.json`, the statements that create its
tables again on a server of this version, and fill those that the application itself fills.
"""

import fcntl
import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from schemas_debian import DEBIAN
from schemas_django import DJANGO
from schemas_dump import dump
from schemas_model import Application, Place
from schemas_npm import NPM
from schemas_sqlalchemy import SQLALCHEMY

APPLICATIONS: Mapping[str, Application] = {application.name: application for application in (*DEBIAN, *NPM, *DJANGO, *SQLALCHEMY)}

KEPT = Path(__file__).parent.parent / ".applications"


@dataclass(frozen=True, kw_only=True)
class Created:
    """An application whose tables were created once: what was installed, the statements that create them again, and what was left out."""

    origin: str
    statements: tuple[str, ...]
    skipped: tuple[tuple[str, int], ...]


def installed(application: Application, kept: Path = KEPT) -> str:
    """Installs the application unless it is installed already; returns what was installed. NotToBeHad: it cannot be."""
    folder = kept / application.name
    with _locked(folder):
        file = folder / "installed.json"
        if known := _read(file, repr(application)):
            return str(known["origin"])
        shutil.rmtree(folder / "installation", ignore_errors=True)
        for old in folder.glob("*.json"):
            old.unlink()
        (folder / "installation").mkdir()
        origin = application.install(folder / "installation")
        _write(file, {"key": repr(application), "origin": origin})
        return origin


def created(application: Application, place: Place, version: str, kept: Path = KEPT) -> Created:
    """Has the installed application create its tables in this empty database, unless it did so before on this version of the server."""
    folder = kept / application.name
    origin = installed(application, kept)
    with _locked(folder):
        file = folder / f"{place.kind}.json"
        known = _read(file, version)
        if known is None:
            skipped = application.create(folder / "installation", place)
            known = {"key": version, "statements": dump(place.target), "skipped": list(skipped.items())}
            _write(file, known)
    return Created(origin=origin, statements=tuple(known["statements"]), skipped=tuple((what, count) for what, count in known["skipped"]))


def installation(application: Application, kept: Path = KEPT) -> Path:
    """The folder that the application was installed into."""
    return kept / application.name / "installation"


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Another process that wants the same application waits."""
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "lock", "a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _read(file: Path, key: str) -> dict[str, Any] | None:
    known: dict[str, Any] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    return known if known.get("key") == key else None


def _write(file: Path, content: Mapping[str, Any]) -> None:
    new = file.with_suffix(".new")
    new.write_text(json.dumps(content), encoding="utf-8")
    new.replace(file)
