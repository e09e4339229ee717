"""The folder of an export: it must be empty, or hold the same export, whose missing files are then written. Nothing in it is ever overwritten."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from parloader.errors import AnotherRun, ParloaderError, Refused, UsageError
from parloader.files import why_unreadable, write_atomically
from parloader.formats.manifest import JOURNAL, MANIFEST, FileRecord, Recorded, journal_head, journal_line, recorded

# Names in a message
NAMED_FILES = 3


@dataclass(frozen=True, kw_only=True)
class ExportFolder:
    """A folder that no other export uses meanwhile."""

    path: Path
    journal: TextIO
    done: dict[str, FileRecord] = field(default_factory=dict)
    """the finished files, by name"""

    def note(self, record: FileRecord) -> None:
        """Notes a finished file in the journal."""
        if self.done.get(record.name) != record:
            self.done[record.name] = record
            self.journal.write(journal_line(record))
            self.journal.flush()

    def complete(self, manifest: str, others: dict[str, str]) -> None:
        """Writes the manifest, after other files (name → text) that do not exist yet, and removes the journal. OSError."""
        for name, text in others.items():
            if not (self.path / name).exists():
                write_atomically(self.path / name, text)
        write_atomically(self.path / MANIFEST, manifest)
        (self.path / JOURNAL).unlink()


def require_usable(path: Path, digest: str, about: str) -> Recorded | None:
    """What an earlier attempt at the same export has left; None: the folder is empty, or does not exist.

    UsageError: it is no folder that can be used. Refused: it holds something else.
    """
    try:
        names = sorted(entry.name for entry in os.scandir(path))
    except FileNotFoundError:
        return None
    except NotADirectoryError:
        what = "it" if os.path.lexists(path) else "a part of this path"
        raise UsageError(f"--to {path}: {what} is a file, not a folder", "Name a folder; it is created if it does not exist") from None
    except (OSError, ValueError) as error:
        raise UsageError(f"--to {path}: {why_unreadable(error)}", "Name a folder that you can write to") from error
    if not names:
        return None
    try:
        found = recorded(path)
    except (OSError, ValueError) as error:
        where = path / (JOURNAL if JOURNAL in names else MANIFEST)
        raise Refused(f"{where} cannot be read: {why_unreadable(error)}", "Name another folder, or remove what is in this one") from error
    if found is None and names != [JOURNAL]:
        shown = ", ".join(names[:NAMED_FILES]) + (f" and {len(names) - NAMED_FILES:,} more" if len(names) > NAMED_FILES else "")
        raise Refused(
            f"the folder {path} is not empty, and what it holds is not an export of parloader: {shown}", "Name another folder, or a new one"
        )
    if found is not None and found.digest != digest:
        state = "" if found.complete else ", which is not complete"
        raise Refused(
            f"the folder {path} holds another export{state}: {found.about}; this one is {about}",
            "Name another folder, or remove what is in this one",
        )
    return found


@contextmanager
def export_folder(path: Path, digest: str, about: str) -> Iterator[ExportFolder]:
    """The folder, created if it does not exist, for this export alone. If it fails, what is finished stays for a later attempt.

    UsageError, Refused: see require_usable. AnotherRun: another process exports to it.
    """
    require_usable(path, digest, about)
    created = _created(path)
    journal = path / JOURNAL
    try:
        file = journal.open("a+", encoding="utf-8", newline="\n")
    except OSError as error:
        raise UsageError(f"--to {path}: {error.strerror}", "Name a folder that you can write to") from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AnotherRun(f"another export writes to the folder {path}", "Wait until it ends, or name another folder") from None
        try:
            found = require_usable(path, digest, about)  # again: the export that held the lock may have ended meanwhile
            done = dict(found.files) if found else {}
            if not file.seek(0, os.SEEK_END):
                file.write(journal_head(digest, about))
                file.writelines(map(journal_line, done.values()))
                file.flush()
            yield ExportFolder(path=path, journal=file, done=done)
        except BaseException:
            if not any(name != JOURNAL for name in _names(path)):
                with suppress(OSError):
                    journal.unlink()
                    for folder in created:
                        folder.rmdir()
            raise


def _names(path: Path) -> list[str]:
    try:
        return os.listdir(path)
    except OSError:
        return [str(path)]


def _created(path: Path) -> list[Path]:
    """Creates the folder, and those above it; returns which were created, the innermost first. UsageError: that is not possible."""
    missing = [each for each in (path, *path.parents) if not each.exists()]
    try:
        path.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        raise UsageError(
            f"--to {path}: the folder cannot be created: {why_unreadable(error)}", "Name a folder that you can write to"
        ) from error
    return missing


def write_failed(path: Path, error: OSError) -> ParloaderError:
    """The error of an export whose journal or manifest cannot be written."""
    return ParloaderError(
        f"{path} cannot be written to: {error.strerror or error}",
        "Mend that, then run the same command again: it writes only the files that are missing",
    )
