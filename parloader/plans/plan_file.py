"""Plan files: a plan as TOML, to be written, edited and read. docs/plan-files.md describes them."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias

from parloader.errors import UsageError
from parloader.plans.document import as_document, from_document
from parloader.plans.fields import Invalid
from parloader.plans.model import Plan
from parloader.plans.toml_lines import line_of

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
        return from_document(document)
    except Invalid as error:
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
    unfinished = path.with_name(f".{path.name}.unfinished")
    try:
        unfinished.write_text(text_of(plan, comments), encoding="utf-8", newline="\n")
        unfinished.replace(path)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error}", "Give a file in a folder that you may write to") from error


def text_of(plan: Plan, comments: Comments | None = None) -> str:
    """The plan as TOML, a line for each column."""
    return "\n".join(_lines(as_document(plan), comments or {})) + "\n"


def _lines(document: dict[str, Any], comments: Comments) -> Iterator[str]:
    yield TITLE
    yield f"plan = {_value(document['plan'])}"
    yield f"seed = {document['seed']}"
    if "target" in document:
        yield f"target = {_value(document['target'])}"
    if "parameters" in document:
        yield from ("", "[parameters]", *(f"{_key(name)} = {_value(value)}" for name, value in document["parameters"].items()))
    for table in _without_what_is_understood(document):
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


def _without_what_is_understood(document: dict[str, Any]) -> list[dict[str, Any]]:
    """The tables without `partitioned` and `reuse` where leaving them out means the same."""
    understood = from_document({**document, "table": [_without(table, "partitioned", "reuse") for table in document["table"]]})
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
