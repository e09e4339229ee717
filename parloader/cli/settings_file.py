"""parloader.toml: reads the settings, and saves some without changing the rest of the file."""

import datetime
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

from parloader.errors import UsageError
from parloader.files import write_atomically

OptionValue: TypeAlias = str | list[str]
"""A value as on the command line; a list for a repeatable option. click validates it."""

CONNECTION_SETTINGS = ("ssl_ca", "ssl_cert", "ssl_key", "ssl_mode", "url")


def _text(value: object) -> str:
    """ValueError: the value is not a text, number or date."""
    if isinstance(value, bool) or not isinstance(value, str | int | float | datetime.date | datetime.time):
        raise ValueError("a text or a number")
    try:
        return str(value)
    except ValueError as error:  # Python converts no integer of more than 4300 digits
        raise ValueError("a number of fewer digits") from error


def _texts(value: object) -> list[str]:
    if isinstance(value, list):
        return [_text(item) for item in value]
    return [_text(value)]


def _pairs(value: object) -> list[str]:
    if not isinstance(value, dict):
        raise ValueError('a table: [set] or [parents], followed by lines such as start = "2020-01-01"')
    return [f"{name}={_text(item)}" for name, item in value.items()]


SETTINGS: Mapping[str, Callable[[object], OptionValue]] = {
    "allow_remote": _texts,
    "batch": _text,
    "chunk_time": _text,
    "max_lag": _text,
    "max_load": _texts,
    "max_rate": _text,
    "parents": _pairs,
    "plan": _text,
    "procs": _text,
    "replica_url": _texts,
    "retry_seconds": _text,
    "rows": _text,
    "seed": _text,
    "set": _pairs,
    "table": _texts,
    "worker_restarts": _text,
    "writer": _text,
    **dict.fromkeys(CONNECTION_SETTINGS, _text),
}


def read_settings(file: Path) -> dict[str, OptionValue]:
    """The settings in the file; none if there is no file. UsageError: it cannot be read, or has an unknown setting or a value of a wrong type."""
    if not file.exists():
        return {}
    try:
        settings = tomllib.loads(file.read_text(encoding="utf-8"))
    except (ValueError, OSError, RecursionError) as error:  # ValueError: not TOML, not UTF-8, or a number of thousands of digits
        raise UsageError(f"{file} cannot be read: {error}", "Correct it, or move it away") from error
    return {name: _option_value(file, name, value) for name, value in settings.items()}


def _option_value(file: Path, name: str, value: Any) -> OptionValue:
    if name not in SETTINGS:
        raise UsageError(f"{file} has an unknown setting, {name!r}", f"Valid: {', '.join(sorted(SETTINGS))}")
    try:
        return SETTINGS[name](value)
    except ValueError as error:
        raise UsageError(f"{name} in {file} has a value of a wrong type", f"It has to be {error}") from error


def save_settings(file: Path, settings: Mapping[str, int | str]) -> None:
    """Changes these settings in the file, or creates it. Comments and other settings stay as they are."""
    import tomlkit

    document = tomlkit.parse(file.read_text(encoding="utf-8")) if file.exists() else tomlkit.document()
    document.update(settings)
    write_atomically(file, tomlkit.dumps(document))
