"""Reads and writes plan files: plans as TOML. docs/plan-files.md describes them."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

from parloader.errors import ParloaderError, UsageError
from parloader.files import read_text, why_unreadable, write_atomically
from parloader.plans.documents.file_defaults import with_defaults
from parloader.plans.documents.mistakes import EntryPath, InvalidPlan, Mistakes, PlanError
from parloader.plans.documents.plan_document import Check, decode_plan, encode_plan, no_check
from parloader.plans.model import Plan

Comments: TypeAlias = Mapping[tuple[str, str | None], str]
"""(table, column) → comment at the end of the column's line; (table, None) → comment above the table."""

TITLE = "# parloader plan"

BARE_KEY = re.compile("[A-Za-z0-9_-]+")


def read(path: Path | str, check: Check = no_check) -> Plan:
    """The plan of the file. UsageError names the file and, for each mistake, the line and what was expected."""
    try:
        text = read_text(Path(path))
    except (OSError, ValueError) as error:
        raise UsageError(
            f"the plan {path} cannot be read: {why_unreadable(error)}", "Name a plan file; parloader plan --write creates one"
        ) from error
    return parse(text, str(path), check, folder=Path(path).parent)


def parse(text: str, name: str, check: Check = no_check, *, folder: Path = Path()) -> Plan:
    """The plan that the text describes; error messages begin with `name`. `folder`: where its files of values are."""
    try:
        mistakes = Mistakes()
        document = with_defaults(tomllib.loads(text), folder, mistakes)
        mistakes.report()
        return decode_plan(document, check)
    except InvalidPlan as error:
        raise error.in_file(name, partial(line_of, text)) from error
    except (ValueError, RecursionError) as error:  # ValueError: not TOML, or a number of thousands of digits
        raise _not_toml(name, error) from error


def located(error: PlanError, path: Path | str) -> ParloaderError:
    """The error with the lines of the file, which was read before."""
    try:
        text = read_text(Path(path)) if Path(path).is_file() else ""  # a pipe can be read only once
        tomllib.loads(text)
    except (OSError, ValueError, RecursionError):
        text = ""
    return error.in_file(str(path), partial(line_of, text))


def _not_toml(name: str, error: Exception) -> UsageError:
    if isinstance(error, RecursionError):
        return UsageError(f"{name}: brackets are nested too deeply", "Remove some of them")
    match = re.fullmatch(r"(.*) \(at (?:line ([0-9]+), column ([0-9]+)|end of document)\)", str(error), re.DOTALL)
    if not match:
        return UsageError(f"{name}: {error_text(error)}", "Write a shorter one")
    where = f"{name}, line {match[2]}, column {match[3]}" if match[2] else name
    what, next_step = (
        match[1] if match[2] else f"{match[1]} at the end of the file",
        "The file must be TOML (toml.io): texts in quotes, braces on one line",
    )
    if re.match("Cannot (?:declare|overwrite|mutate|redefine)|Duplicate", what):
        keys = ".".join(re.findall(r"'((?:[^'\\]|\\.)*)'", what))
        what, next_step = f"{keys or 'this key'} is defined twice", "Remove one of the two, or merge them"
    return UsageError(f"{where}: {what[:1].lower()}{what[1:]}", next_step)


def error_text(error: Exception) -> str:
    """What is wrong with a text that is not TOML."""
    if isinstance(error, tomllib.TOMLDecodeError):
        return str(error)
    return "brackets are nested too deeply" if isinstance(error, RecursionError) else "a number has thousands of digits"


def write(plan: Plan, path: Path, comments: Comments | None = None) -> None:
    """Writes the plan, replacing an existing file. UsageError: the file cannot be written."""
    try:
        write_atomically(path, text_of(plan, comments))
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}", "Name a file in a writable folder") from error


def text_of(plan: Plan, comments: Comments | None = None) -> str:
    """The plan as TOML, one line per column."""
    return "\n".join(_lines(encode_plan(plan), comments or {})) + "\n"


def _lines(document: dict[str, Any], comments: Comments) -> Iterator[str]:
    yield TITLE
    yield f"plan = {inline(document['plan'])}"
    yield f"seed = {document['seed']}"
    if "inference" in document:
        yield f"inference = {document['inference']}"
    if "target" in document:
        yield f"target = {inline(document['target'])}"
    if "parameters" in document:
        yield from ("", "[parameters]", *(f"{_key(name)} = {inline(value)}" for name, value in document["parameters"].items()))
    for table in _without_defaults(document):
        name = table["name"]
        yield ""
        if (name, None) in comments:
            yield _comment(comments[name, None])
        yield f"[table.{_key(name)}]"
        if not table.get("counted"):  # its rows follow from the others
            yield f"rows = {table['rows']:_}"
        yield from (f"{key} = {inline(value)}" for key, value in table.items() if key not in ("name", "rows", "column"))
        yield ""
        yield f"[table.{_key(name)}.column]"
        for column, form in table["column"].items():
            comment = f"  {_comment(comments[name, column])}" if (name, column) in comments else ""
            yield f"{_key(column)} = {inline(form)}{comment}"
    for kind in ("count", "rule"):
        for entry in document.get(kind, ()):
            yield from ("", f"[[{kind}]]", *(f"{key} = {inline(value)}" for key, value in entry.items()))


def _without_defaults(document: dict[str, Any]) -> list[dict[str, Any]]:
    """The tables without `partitioned` and `reuse` if these have their default."""
    tables: list[dict[str, Any]] = document["table"]
    try:
        default = decode_plan({**document, "table": [_without(table, "partitioned", "reuse") for table in tables]})
        omitted = {
            "partitioned": {t["name"] for t in tables if t["partitioned"] == default.table(t["name"]).partitioned},
            "reuse": {t["name"] for t in tables if t["reuse"] != t["partitioned"]},
        }
        while True:  # what the defaults of several tables together make of one
            written = [_without(table, *(key for key, names in omitted.items() if table["name"] in names)) for table in tables]
            read = decode_plan({**document, "table": written})
            differing = {key: {t["name"] for t in tables if t[key] != getattr(read.table(t["name"]), key)} for key in omitted}
            if not any(names & differing[key] for key, names in omitted.items()):
                return written
            omitted = {key: names - differing[key] for key, names in omitted.items()}
    except InvalidPlan:  # no table is partitioned by default
        return tables


def _without(table: dict[str, Any], *keys: str) -> dict[str, Any]:
    return {key: value for key, value in table.items() if key not in keys}


def _comment(text: str) -> str:
    return "# " + "".join(c if c.isprintable() else " " for c in text)


def _key(name: str) -> str:
    return name if BARE_KEY.fullmatch(name) else inline(name)


def inline(value: Any) -> str:
    """The value as TOML, on one line."""
    import tomlkit

    if isinstance(value, dict):
        return f"{{ {', '.join(f'{_key(key)} = {inline(each)}' for key, each in value.items())} }}"
    if isinstance(value, list):
        return f"[{', '.join(map(inline, value))}]"
    return str(tomlkit.item(value).as_string())


# The last line of a multi-line statement has one of these: it is an array, a triple-quoted text, or an inline table around one
ENDS = ("]", "}", '"""', "'''")


def line_of(text: str, path: EntryPath) -> int | None:
    """The line (from 1) of the entry, else of the nearest enclosing one, else None. `text` is valid TOML."""
    try:
        lines = _line_numbers(text)
    except RecursionError:  # the text was parsed before, but with fewer calls on the stack
        return None
    return next((lines[path[:length]] for length in range(len(path), 0, -1) if path[:length] in lines), None)


def _line_numbers(text: str) -> dict[EntryPath, int]:
    """The line of each key and of each table: its header or, without one, its first entry."""
    lines: dict[EntryPath, int] = {}
    counts: dict[EntryPath, int] = {}
    header: EntryPath = ()
    for line, statement in _statements(text):
        is_header = statement.lstrip(" \t\n").startswith("[")
        inner = _keys(tomllib.loads(statement))
        path = _numbered(inner, counts) if is_header else (*header, *inner)
        if is_header and statement.lstrip(" \t\n").startswith("[["):
            counts[path] = counts.get(path, -1) + 1
            path = (*path, counts[path])
        header = path if is_header else header
        for length in range(1, len(path) + 1):
            lines.setdefault(path[:length], line)
        if is_header:
            lines[path] = line
    return lines


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """(line, text) of each header and of each key with its value: the shortest run of lines that is valid TOML."""
    lines = text.replace("\r\n", "\n").split("\n")
    at = 0
    while at < len(lines):
        end = at + 1
        while not _is_complete(lines[at:end]):
            end += 1
        statement = "\n".join(lines[at:end])
        if statement.strip(" \t") and not statement.lstrip(" \t").startswith("#"):
            yield at + 1, statement
        at = end


def _is_complete(lines: list[str]) -> bool:
    if len(lines) > 1 and not any(end in lines[-1] for end in ENDS):
        return False
    try:
        tomllib.loads("\n".join(lines))
    except tomllib.TOMLDecodeError:
        return False
    return True


def _keys(value: Any) -> EntryPath:
    """The keys of nested tables that have a single entry each."""
    keys: list[str | int] = []
    while isinstance(value, dict) and len(value) == 1:
        ((key, value),) = value.items()
        keys.append(key)
        if isinstance(value, list):
            break
    return tuple(keys)


def _numbered(path: EntryPath, counts: dict[EntryPath, int]) -> EntryPath:
    """The path with the number of the latest element after the name of each array of tables."""
    result: EntryPath = ()
    for position, key in enumerate(path):
        result = (*result, key)
        if result in counts and position < len(path) - 1:
            result = (*result, counts[result])
    return result
