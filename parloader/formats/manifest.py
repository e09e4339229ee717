"""The manifest of an export, manifest.json: what was exported, and each file with its rows, size and checksum.

While an export is at work, or after it was interrupted, a journal stands in its place: a line for the export, and one for each finished file.
"""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from parloader.files import read_text

MANIFEST = "manifest.json"

JOURNAL = ".parloader-export.jsonl"

VERSION = 1
"""Of the form of both."""


@dataclass(frozen=True, kw_only=True)
class FileRecord:
    """A finished file."""

    name: str
    table: str
    first_row: int
    """index of its first row in the plan"""
    rows: int
    bytes: int
    sha256: str
    nulls: Mapping[str, int] = field(default_factory=dict)
    """CSV: column → how many values are NULL, if any"""
    empty: Mapping[str, int] = field(default_factory=dict)
    """CSV: column → how many texts are empty, if any"""

    def as_json(self) -> dict[str, Any]:
        return {name: value for name, value in asdict(self).items() if value != {}}


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """What an earlier export has left in a folder."""

    digest: str
    """of that export"""
    about: str
    """in words"""
    files: Mapping[str, FileRecord]
    """by name"""
    complete: bool


def journal_head(digest: str, about: str) -> str:
    """The first line of a journal."""
    return json.dumps({"parloader_export": VERSION, "digest": digest, "about": about}) + "\n"


def journal_line(record: FileRecord) -> str:
    """The line of a finished file."""
    return json.dumps(record.as_json()) + "\n"


def recorded(folder: Path) -> Recorded | None:
    """What the journal or the manifest in the folder says; None: there is neither. OSError. ValueError: it is damaged, or of another program."""
    try:
        if lines := read_text(folder / JOURNAL).splitlines():
            return _of_journal(lines)
    except FileNotFoundError:
        pass
    except (KeyError, TypeError) as error:
        raise ValueError("it is damaged") from error
    try:
        return _of_manifest(json.loads(read_text(folder / MANIFEST)))
    except FileNotFoundError:
        return None
    except (KeyError, TypeError) as error:
        raise ValueError("it is not the manifest of an export") from error


def _of_journal(lines: Sequence[str]) -> Recorded:
    head = json.loads(lines[0])
    found: dict[str, FileRecord] = {}
    for line in lines[1:]:
        with suppress(ValueError, TypeError):  # killed while it wrote this line: the file is written again
            record = FileRecord(**json.loads(line))
            found[record.name] = record
    return Recorded(digest=head["digest"], about=head["about"], files=found, complete=False)


def _of_manifest(document: Any) -> Recorded:
    files = [FileRecord(**file) for table in document["tables"] for file in table["files"]]
    return Recorded(digest=document["digest"], about=document["about"], files={file.name: file for file in files}, complete=True)


def manifest_text(document: Mapping[str, Any], tables: Sequence[tuple[Mapping[str, Any], Sequence[FileRecord]]]) -> str:
    """The text of manifest.json: the document, and each table with its files."""
    listed = [{**table, "files": [file.as_json() for file in files]} for table, files in tables]
    return json.dumps({**document, "tables": listed}, indent=1, ensure_ascii=False) + "\n"
