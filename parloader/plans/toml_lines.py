"""At which line of a TOML text an entry stands, for messages."""

import tomllib
from collections.abc import Iterator
from typing import Any

from parloader.plans.fields import Path

# A statement of several lines ends in a line with one of these: it is an array, a text of three quotes, or an inline table around one
ENDS = ("]", "}", '"""', "'''")


def line_of(text: str, path: Path) -> int | None:
    """The line (from 1) of the entry, or of the nearest one around it; None: there is not even that. `text` is valid TOML."""
    try:
        lines = _lines(text)
    except RecursionError:  # what could just be read may not be read from a little deeper
        return None
    return next((lines[path[:length]] for length in range(len(path), 0, -1) if path[:length] in lines), None)


def _lines(text: str) -> dict[Path, int]:
    """The line of each key, of each table's header, and where it has none, of the first thing in it."""
    lines: dict[Path, int] = {}
    counts: dict[Path, int] = {}
    around: Path = ()
    for line, statement in _statements(text):
        is_header = statement.lstrip(" \t\n").startswith("[")
        inner = _keys(tomllib.loads(statement))
        path = _numbered(inner, counts) if is_header else (*around, *inner)
        if is_header and statement.lstrip(" \t\n").startswith("[["):
            counts[path] = counts.get(path, -1) + 1
            path = (*path, counts[path])
        around = path if is_header else around
        for length in range(1, len(path) + 1):
            lines.setdefault(path[:length], line)
        if is_header:
            lines[path] = line
    return lines


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """(line, text) of each header and each key with its value: the fewest lines from there on that are TOML by themselves."""
    lines = text.replace("\r\n", "\n").split("\n")
    at = 0
    while at < len(lines):
        end = at + 1
        while not _is_whole(lines[at:end]):
            end += 1
        statement = "\n".join(lines[at:end])
        if statement.strip(" \t") and not statement.lstrip(" \t").startswith("#"):
            yield at + 1, statement
        at = end


def _is_whole(lines: list[str]) -> bool:
    if len(lines) > 1 and not any(end in lines[-1] for end in ENDS):
        return False
    try:
        tomllib.loads("\n".join(lines))
    except tomllib.TOMLDecodeError:
        return False
    return True


def _keys(value: Any) -> Path:
    """The keys that lead through tables of a single entry."""
    keys: list[str | int] = []
    while isinstance(value, dict) and len(value) == 1:
        ((key, value),) = value.items()
        keys.append(key)
        if isinstance(value, list):
            break
    return tuple(keys)


def _numbered(path: Path, counts: dict[Path, int]) -> Path:
    """With the number of the latest element after the name of each array of tables on the way."""
    result: Path = ()
    for position, key in enumerate(path):
        result = (*result, key)
        if result in counts and position < len(path) - 1:
            result = (*result, counts[result])
    return result
