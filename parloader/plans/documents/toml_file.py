"""Plan files: a plan as TOML, to be written, edited and read. docs/plan-files.md describes them."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias

from parloader.errors import UsageError
from parloader.files import write_atomically
from parloader.plans.documents.codecs import EntryPath, InvalidPlan
from parloader.plans.documents.plan_document import decode_plan, encode_plan
from parloader.plans.model import Plan

Comments: TypeAlias = Mapping[tuple[str, str | None], str]
"""By (table, column), at the end of the column's line; by (table, None), above the table."""

TITLE = "# parloader plan"

BARE_KEY = re.compile("[A-Za-z0-9_-]+")


def read(path: Path) -> Plan:
    """The plan of the file. UsageError names the file, the line and what was expected."""
    try:
        text = path.read_bytes().decode("utf-8-sig")  # some editors of Windows put a byte order mark at the start
    except (OSError, ValueError) as error:
        raise UsageError(
            f"the plan {path} cannot be read: {error}", "Give the file of a plan, as parloader plan --write makes one"
        ) from error
    return parse(text, str(path))


def parse(text: str, name: str) -> Plan:
    """The plan of the text; `name` is what messages call it."""
    try:
        document = tomllib.loads(text)
        return decode_plan(document)
    except InvalidPlan as error:
        line = line_of(text, error.path)
        raise UsageError(f"{name}{f', line {line}' if line else ''}: {error.message}", error.next_step) from error
    except UsageError as error:
        raise UsageError(f"{name}: {error.message}", error.next_step) from error
    except (ValueError, RecursionError) as error:  # ValueError: no TOML, or a number of thousands of digits
        raise _not_toml(name, error) from error


def _not_toml(name: str, error: Exception) -> UsageError:
    if isinstance(error, RecursionError):
        return UsageError(f"{name}: there are too many brackets in each other", "Take some out")
    said = re.fullmatch(r"(.*) \(at line ([0-9]+), column ([0-9]+)\)", str(error), re.DOTALL)
    where, what = (f"{name}, line {said[2]}, column {said[3]}", said[1]) if said else (name, str(error))
    return UsageError(
        f"{where}: {what[:1].lower()}{what[1:]}", "The file has to be TOML (toml.io): texts in quotes, and what is in braces on one line"
    )


def write(plan: Plan, path: Path, comments: Comments | None = None) -> None:
    """Writes the plan, in place of a file that is there. UsageError where it cannot be written."""
    try:
        write_atomically(path, text_of(plan, comments))
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error}", "Give a file in a folder that you may write to") from error


def text_of(plan: Plan, comments: Comments | None = None) -> str:
    """The plan as TOML, a line for each column."""
    return "\n".join(_lines(encode_plan(plan), comments or {})) + "\n"


def _lines(document: dict[str, Any], comments: Comments) -> Iterator[str]:
    yield TITLE
    yield f"plan = {_value(document['plan'])}"
    yield f"seed = {document['seed']}"
    if "target" in document:
        yield f"target = {_value(document['target'])}"
    if "parameters" in document:
        yield from ("", "[parameters]", *(f"{_key(name)} = {_value(value)}" for name, value in document["parameters"].items()))
    for table in _without_defaults(document):
        name = table["name"]
        yield ""
        if (name, None) in comments:
            yield _comment(comments[name, None])
        yield f"[table.{_key(name)}]"
        yield f"rows = {table['rows']:_}"
        yield from (f"{key} = {_value(value)}" for key, value in table.items() if key not in ("name", "rows", "column"))
        yield ""
        yield f"[table.{_key(name)}.column]"
        for column, form in table["column"].items():
            comment = f"  {_comment(comments[name, column])}" if (name, column) in comments else ""
            yield f"{_key(column)} = {_value(form)}{comment}"
    for kind in ("count", "rule"):
        for entry in document.get(kind, ()):
            yield from ("", f"[[{kind}]]", *(f"{key} = {_value(value)}" for key, value in entry.items()))


def _without_defaults(document: dict[str, Any]) -> list[dict[str, Any]]:
    """The tables without `partitioned` and `reuse` where leaving them out means the same."""
    understood = decode_plan({**document, "table": [_without(table, "partitioned", "reuse") for table in document["table"]]})
    result = []
    for table in document["table"]:
        same = {
            "partitioned": table["partitioned"] == understood.table(table["name"]).partitioned,
            "reuse": table["reuse"] != table["partitioned"],
        }
        result.append(_without(table, *(key for key, is_same in same.items() if is_same)))
    return result


def _without(table: dict[str, Any], *keys: str) -> dict[str, Any]:
    return {key: value for key, value in table.items() if key not in keys}


def _comment(text: str) -> str:
    return "# " + "".join(c if c.isprintable() else " " for c in text)


def _key(name: str) -> str:
    return name if BARE_KEY.fullmatch(name) else _value(name)


def _value(value: Any) -> str:
    """On one line."""
    import tomlkit

    if isinstance(value, dict):
        return f"{{ {', '.join(f'{_key(key)} = {_value(each)}' for key, each in value.items())} }}"
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    return str(tomlkit.item(value).as_string())


# A statement of several lines ends in a line with one of these: it is an array, a text of three quotes, or an inline table around one
ENDS = ("]", "}", '"""', "'''")


def line_of(text: str, path: EntryPath) -> int | None:
    """The line (from 1) of the entry, or of the nearest one around it; None: there is not even that. `text` is valid TOML."""
    try:
        lines = _line_numbers(text)
    except RecursionError:  # what could just be read may not be read from a little deeper
        return None
    return next((lines[path[:length]] for length in range(len(path), 0, -1) if path[:length] in lines), None)


def _line_numbers(text: str) -> dict[EntryPath, int]:
    """The line of each key, of each table's header, and where it has none, of the first thing in it."""
    lines: dict[EntryPath, int] = {}
    counts: dict[EntryPath, int] = {}
    around: EntryPath = ()
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


def _keys(value: Any) -> EntryPath:
    """The keys that lead through tables of a single entry."""
    keys: list[str | int] = []
    while isinstance(value, dict) and len(value) == 1:
        ((key, value),) = value.items()
        keys.append(key)
        if isinstance(value, list):
            break
    return tuple(keys)


def _numbered(path: EntryPath, counts: dict[EntryPath, int]) -> EntryPath:
    """With the number of the latest element after the name of each array of tables on the way."""
    result: EntryPath = ()
    for position, key in enumerate(path):
        result = (*result, key)
        if result in counts and position < len(path) - 1:
            result = (*result, counts[result])
    return result
