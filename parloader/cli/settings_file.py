"""parloader.toml: reads the settings, and saves some without changing the rest of the file."""

import datetime
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from parloader.errors import UsageError
from parloader.files import read_text, require_regular, why_unreadable, write_atomically
from parloader.plans.documents.mistakes import InvalidPlan, Mistake

if TYPE_CHECKING:
    from parloader.plans.column_rules import ColumnRule

OptionValue: TypeAlias = "str | list[str] | list[ColumnRule]"
"""A value as on the command line; a list for a repeatable option. click validates it."""

SETTINGS_FILE = Path("parloader.toml")

INFERENCE = "inference"
"""The table with rules for columns."""

CONNECTION_SETTINGS = ("compress", "ssl_ca", "ssl_cert", "ssl_key", "ssl_mode", "url")


def _text(value: object) -> str:
    """ValueError: the value is not a text, number or date."""
    if isinstance(value, bool) or not isinstance(value, str | int | float | datetime.date | datetime.time):
        raise ValueError("a text or a number")
    try:
        return str(value)
    except ValueError as error:  # Python converts no integer of more than 4300 digits
        raise ValueError("a number of fewer digits") from error


def _switch(value: object) -> str:
    """ValueError: the value is neither true nor false."""
    if not isinstance(value, bool):
        raise ValueError("true or false")
    return str(value).lower()


def _texts(value: object) -> list[str]:
    if isinstance(value, list):
        return [_text(item) for item in value]
    return [_text(value)]


def _pairs(value: object) -> list[str]:
    if not isinstance(value, dict):
        raise ValueError('a table: [set] or [parents], followed by lines such as start = "2020-01-01"')
    return [f"{name}={_text(item)}" for name, item in value.items()]


def _rows(value: object) -> list[str]:
    """A number, several texts, or a table of numbers."""
    return _pairs(value) if isinstance(value, dict) else _texts(value)


SETTINGS: Mapping[str, Callable[[object], OptionValue]] = {
    "allow_database": _texts,
    "allow_history": _switch,
    "allow_remote": _texts,
    "batch": _text,
    "chunk_time": _text,
    "credentials": _text,
    "executor": _text,
    "max_lag": _text,
    "max_load": _texts,
    "max_rate": _text,
    "models": _text,
    "parents": _pairs,
    "plan": _text,
    "procs": _text,
    "replica_url": _texts,
    "resources": _texts,
    "retry_seconds": _text,
    "rows": _rows,
    "scheduler": _text,
    "scheduler_file": _text,
    "seed": _text,
    "server_limit": _text,
    "set": _pairs,
    "table": _texts,
    "worker_restarts": _text,
    "writer": _text,
    **dict.fromkeys(CONNECTION_SETTINGS, _text),
}


def read_settings(file: Path) -> dict[str, OptionValue]:
    """The settings in the file; none if there is no file. UsageError: it cannot be read, or names each unknown setting and value of a wrong type."""
    text = _content(file)
    try:
        settings = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # ValueError: not TOML, or a number of thousands of digits
        from parloader.plans.documents.toml_file import error_text  # only for an error, because each command reads the settings

        raise UsageError(f"{file} cannot be read: {error_text(error)}", "Correct it, or move it away") from error
    values: dict[str, OptionValue] = {}
    mistakes: list[Mistake] = []
    for name, value in settings.items():
        if name == INFERENCE:
            values |= _inference(file, text, value, mistakes)
            continue
        if name not in SETTINGS:
            mistakes.append(_unknown(name))
            continue
        try:
            values[name] = SETTINGS[name](value)
        except ValueError as error:
            mistakes.append(Mistake(what=f"{name} has a value of a wrong type", next_step=f"It has to be {error}", path=(name,)))
    if mistakes:
        from parloader.plans.documents.toml_file import line_of  # only for an error, because each command reads the settings

        raise InvalidPlan.of(mistakes).in_file(str(file), partial(line_of, text))
    return values


def _inference(file: Path, text: str, value: object, mistakes: list[Mistake]) -> "dict[str, OptionValue]":
    """The rules of [[inference.column]], for the option --column-rule."""
    from parloader.plans.documents.rule_document import decode_rules  # only if there are rules
    from parloader.plans.documents.toml_file import line_of

    try:
        rules = decode_rules(value)
    except InvalidPlan as error:
        mistakes += error.mistakes
        return {}
    lines = (line_of(text, (INFERENCE, "column", number)) for number in range(len(rules)))
    return {"column_rule": [replace(rule, source=f"{file}, line {line}") for rule, line in zip(rules, lines, strict=True)]}


def _unknown(name: str) -> Mistake:
    from parloader.plans.documents.codecs import suggestion  # only for an error, like line_of above

    valid = (*SETTINGS, INFERENCE)
    next_step = f"{suggestion(name, valid)}Valid: {', '.join(sorted(valid))}"
    return Mistake(what=f"unknown setting {name!r}", next_step=next_step, path=(name,))


def _content(file: Path) -> str:
    """The file's text; empty if there is no file."""
    try:
        require_regular(file)
        return read_text(file)
    except FileNotFoundError:
        return ""
    except (OSError, ValueError) as error:
        raise UsageError(f"{file} cannot be read: {why_unreadable(error)}", "Correct it, or move it away") from error


def save_settings(file: Path, settings: Mapping[str, int | str]) -> None:
    """Changes these settings in the file, or creates it. Comments and other settings stay as they are. UsageError: the file cannot be written."""
    import tomlkit

    document = tomlkit.parse(_content(file))
    document.update(settings)
    try:
        write_atomically(file, tomlkit.dumps(document))
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {error.strerror}", "Make the folder writable, or omit --save") from error
