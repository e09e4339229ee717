"""The snapshots of a private server: copies of its data directory, made while it is stopped.

A copy is made under another name, which begins with a dot, and renamed when it is complete. So a snapshot, and the data directory, is the old
one or the new one, whatever interrupts a command; the next one removes what it has left.
"""

import errno
import json
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from parloader.database.dialects import ServerKind
from parloader.database.private_server.binary import Binary
from parloader.database.private_server.copying import copy_folder, stored_bytes
from parloader.database.private_server.data_directory import DataDirectory
from parloader.errors import DiskFull, Refused, ServerStartError, UsageError
from parloader.files import write_atomically

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")

DESCRIPTION = "snapshot.json"

DATA = "data"

UNFINISHED = ".unfinished-"

REPLACED = ".replaced-"

# What a cleanly stopped server makes anew: temporary tablespaces, MySQL's redo log and doublewrite files
LEFT_OUT = re.compile(r"ibtmp\d*|#innodb_temp|#innodb_redo|#ib_.*\.dblwr")

REDO_LOG = re.compile(r"ib_logfile\d+")

REDO_FOLDER = "#innodb_redo"

FULL = (errno.ENOSPC, errno.EDQUOT)

# What the file system needs besides the files' blocks, and the server to start
SPARE_BYTES = 64 * 2**20


@dataclass(frozen=True, kw_only=True)
class Content:
    """A database in a snapshot."""

    name: str
    tables: int
    rows: int  # as InnoDB estimates them


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """A copy of the data of a private server."""

    name: str
    kind: ServerKind
    version: tuple[int, ...]  # of the server that wrote the data
    saved_at: float  # seconds since 1970
    stored_bytes: int
    databases: tuple[Content, ...]

    @property
    def server(self) -> str:
        return f"{self.kind} {'.'.join(map(str, self.version))}"

    @property
    def rows(self) -> int:
        return sum(database.rows for database in self.databases)

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "server": self.server,
            "saved_at": f"{time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(self.saved_at))}",
            "bytes": self.stored_bytes,
            "databases": [asdict(database) for database in self.databases],
        }

    def require_fit(self, binary: Binary) -> None:
        """Refused if the server program cannot read its data."""
        if self.kind is not binary.kind:
            raise Refused(
                f"the snapshot {self.name} contains data of {self.server}, which {binary} ({binary.path}) cannot read",
                f"Name a {self.kind} server program in PARLOADER_MYSQLD",
            )
        if self.version[:2] > binary.version[:2]:
            raise Refused(
                f"the snapshot {self.name} was made with {self.server}, and {binary} ({binary.path}) is older: no server reads data of a later version",
                "Name the later program in PARLOADER_MYSQLD",
            )


def require_name(name: str) -> None:
    """UsageError: it cannot name a snapshot."""
    if not NAME.fullmatch(name):
        raise UsageError(
            f"{name!r} cannot be the name of a snapshot",
            "Use up to 64 letters, digits, dots, hyphens and underscores, with a letter or digit first",
        )


class Snapshots:
    """The snapshots in the folder of a private server."""

    def __init__(self, home: Path) -> None:
        self._folder = home / "snapshots"

    def all(self) -> tuple[Snapshot, ...]:
        """All of them, the oldest first."""
        if not self._folder.is_dir():
            return ()
        names = [path.name for path in self._folder.iterdir() if NAME.fullmatch(path.name)]
        found = [snapshot for name in names if (snapshot := self._read(name))]
        return tuple(sorted(found, key=lambda snapshot: snapshot.saved_at))

    def get(self, name: str) -> Snapshot:
        """UsageError: there is none of this name, or it is damaged."""
        require_name(name)
        if snapshot := self._read(name):
            return snapshot
        if (self._folder / name).exists():
            raise UsageError(
                f"the snapshot {name} is damaged: {self._folder / name / DESCRIPTION} is missing or not readable",
                f"Remove it: parloader snapshot drop {name}",
            )
        names = ", ".join(snapshot.name for snapshot in self.all())
        raise UsageError(f"there is no snapshot {name}", f"There are: {names}" if names else f"Save one: parloader snapshot save {name}")

    def _read(self, name: str) -> Snapshot | None:
        """None: there is none of this name that can be read."""
        try:
            document = json.loads((self._folder / name / DESCRIPTION).read_text(encoding="utf-8"))
            return Snapshot(
                name=name,
                kind=ServerKind(document["kind"]),
                version=tuple(map(int, document["version"])),
                saved_at=float(document["saved_at"]),
                stored_bytes=int(document["stored_bytes"]),
                databases=tuple(Content(**content) for content in document["databases"]),
            )
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def require_free(self, name: str, *, replace: bool) -> None:
        """UsageError: there is a snapshot of this name, and it is not to be replaced."""
        require_name(name)
        if not replace and (self._folder / name).exists():
            raise UsageError(
                f"there is a snapshot {name} already", f"Choose another name, or replace it: parloader snapshot save {name} --replace"
            )

    def recover(self) -> None:
        """Removes what interrupted commands have left. A snapshot that was being replaced is the old or the new one."""
        if not self._folder.is_dir():
            return
        for left in self._folder.iterdir():
            name = left.name.removeprefix(REPLACED)
            if left.name.startswith(REPLACED) and not (self._folder / name).exists():
                left.rename(self._folder / name)
            elif left.name.startswith((UNFINISHED, REPLACED)):
                shutil.rmtree(left, ignore_errors=True)

    def require_space(self, directory: DataDirectory) -> None:
        """DiskFull: there is no room for a copy of the data directory. Its redo log, which a copy need not have, is not counted."""
        with _file_errors("save the snapshot"):
            if directory.path.is_dir():
                _require_space(
                    directory.path.parent, stored_bytes(directory.path, lambda path: _wanted(path) and not REDO_LOG.fullmatch(path.name))
                )

    def add(self, name: str, directory: DataDirectory, databases: tuple[Content, ...]) -> Snapshot:
        """Copies the data directory of the stopped server. DiskFull, ServerStartError."""
        unfinished, final, replaced = (self._folder / (prefix + name) for prefix in (UNFINISHED, "", REPLACED))
        with _file_errors("save the snapshot"):
            self._folder.mkdir(mode=0o700, exist_ok=True)
            size = stored_bytes(directory.path, _wanted)
            _require_space(self._folder, size)
            try:
                unfinished.mkdir(mode=0o700)
                copy_folder(directory.path, unfinished / DATA, _wanted, durable=True)
                snapshot = Snapshot(
                    name=name,
                    kind=directory.binary.kind,
                    version=directory.binary.version,
                    saved_at=time.time(),
                    stored_bytes=stored_bytes(unfinished / DATA),
                    databases=databases,
                )
                write_atomically(unfinished / DESCRIPTION, json.dumps({**asdict(snapshot), "kind": str(snapshot.kind)}))
                if final.exists():
                    final.rename(replaced)
                unfinished.rename(final)
            finally:
                self.recover()
        return snapshot

    def copy_back(self, snapshot: Snapshot, directory: DataDirectory) -> bool:
        """Copies a snapshot beside the data directory, as its replacement; returns whether the copy shares its blocks. DiskFull, ServerStartError."""
        source = self._folder / snapshot.name / DATA
        with _file_errors("restore the snapshot"):
            directory.finish_replacing()
            _require_space(directory.path.parent, stored_bytes(source))
            try:
                shared = copy_folder(source, directory.replacement, lambda _: True, durable=False)
                if snapshot.kind is ServerKind.MYSQL:
                    (directory.replacement / REDO_FOLDER).mkdir(mode=0o700, exist_ok=True)
            except BaseException:
                shutil.rmtree(directory.replacement, ignore_errors=True)
                raise
        return shared

    def drop(self, name: str) -> None:
        """Removes a snapshot. UsageError: there is none of this name."""
        if not (self._folder / name).is_dir():
            self.get(name)
        with _file_errors("remove the snapshot"):
            (self._folder / name).rename(self._folder / (UNFINISHED + name))
        self.recover()


def _wanted(path: Path) -> bool:
    return not (len(path.parts) == 1 and LEFT_OUT.fullmatch(path.name))


def _require_space(folder: Path, needed: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < needed + SPARE_BYTES:
        raise DiskFull(
            f"the copy needs {(needed + SPARE_BYTES) // 2**20:,} MiB, and the disk of {folder} has {free // 2**20:,} MiB free",
            "Free some space, remove a snapshot (parloader snapshot list), or set PARLOADER_HOME to a folder on another disk",
        )


@contextmanager
def _file_errors(doing: str) -> Iterator[None]:
    """Turns errors of files into parloader's: a full or read-only disk, a missing permission."""
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            raise DiskFull(
                f"cannot {doing}: {error.strerror}", "Free some space, then run the same command again; nothing was changed"
            ) from error
        raise ServerStartError(
            f"cannot {doing}: {error.filename or 'a file'}: {error.strerror}", "Mend that, then run the same command again"
        ) from error
